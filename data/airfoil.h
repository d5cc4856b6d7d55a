#pragma once
#include <filesystem>
#include <string>

#include "data/dataset.h"

namespace gradus::data {

/// Numbers from a text file: one row per line, `columns` numbers each, separated by tabs or spaces.
/// Lines end in LF, CRLF or CR; blank lines at the end are skipped.
/// Shapes: float64 [rows, columns].
/// Throws ConfigError for columns < 1, IoError for a file that is missing, a folder, unreadable or
/// empty, and, with the line, for one that holds anything but rows of finite numbers:
///   "[airfoil] a.dat: no such file; expected a text file with 6 columns of numbers;
/// ./gradus data airfoil downloads it"
///   "[airfoil] a.dat:3: 5 columns; expected 6 numbers separated by tabs or spaces; is the file
/// damaged?"
///   "[airfoil] a.dat:3: 'x1' in column 2; expected a number; is the file damaged?"
///   "[airfoil] a.dat:3: nan in column 2; expected a finite number; is the file damaged?"
Tensor read_table(const std::filesystem::path& file, int columns);

/// Where the airfoil file is, see find_data: airfoil/airfoil_self_noise.dat or
/// airfoil_self_noise.dat. Returns an empty path when it is nowhere and no option was given. Throws
/// IoError for an option without the file.
std::filesystem::path find_airfoil(const std::string& folder_option = "");

/// NASA's airfoil self-noise measurements as the textbook prepares them: every column, the target
/// included, standardised over all 1503 rows in float64 (see Standardizer), then the first 1500
/// rows are kept and converted to `dtype`.
/// Shapes: features [1500, 5] (frequency, angle of attack, chord length, free-stream velocity,
/// displacement thickness), targets [1500, 1] (sound pressure level). All without unit.
/// Throws what read_table throws; DTypeError unless dtype is floating; IoError for too few rows:
///   "[airfoil] a.dat: 1200 rows; expected 1503; the file is truncated, ./gradus data airfoil
/// downloads a whole one"
/// Source: Brooks, Pope, Marcolini 1989, "Airfoil self-noise and prediction", NASA RP-1218; Zhang,
/// Lipton, Li, Smola, "Dive into Deep Learning", section 12.5.
/// Differs: the book standardises in float32, which moves the optimal loss by 5e-9.
TensorDataset load_airfoil(const std::filesystem::path& file, DType dtype = kFloat32);

}  // namespace gradus::data
