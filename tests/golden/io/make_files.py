"""Files made by NumPy and by the safetensors package, for tests/tensor/io and as seeds of fuzz/corpus.

Run it in this folder: python make_files.py. It needs numpy, torch (for bfloat16) and safetensors.
files.json tells of each file which arrays it holds: name, dtype, shape, and the elements in row-major
order as little-endian bytes in hexadecimal.
"""
import io
import json
import pathlib
import shutil
import warnings
import zipfile

import numpy as np
import safetensors.numpy
import safetensors.torch
import torch

HERE = pathlib.Path(__file__).parent
CORPUS = HERE.parents[2] / "fuzz" / "corpus"
manifest = {}
warnings.simplefilter("ignore")  # NumPy warns of format 2.0 and 3.0

VALUES = {
    "|b1": [True, False, True, True, False, False],
    "|u1": [0, 1, 127, 128, 200, 255],
    "<i4": [0, 1, -1, 2**31 - 1, -(2**31), 123456],
    "<i8": [0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1],
    "<f2": [0.0, -0.0, 1.5, 65504.0, float("-inf"), 6e-8],
    "<f4": [0.0, -0.0, 1.5, float("nan"), float("inf"), 1e-45],
    "<f8": [0.0, -0.0, 0.1, float("nan"), float("inf"), 5e-324],
}


def note(file, name, x):
    little = np.ascontiguousarray(x).astype(x.dtype.newbyteorder("<"))
    note_bytes(file, name, x.dtype.newbyteorder("=").name, x.shape, little.tobytes())


def note_bytes(file, name, dtype, shape, elements):
    manifest.setdefault(file, []).append(
        {"name": name, "dtype": dtype, "shape": list(shape), "bytes": elements.hex()})


def npy(name, x, version=None):
    with open(HERE / f"{name}.npy", "wb") as file:
        np.lib.format.write_array(file, x, version=version)
    note(f"{name}.npy", "", x)


for code, values in VALUES.items():
    x = np.array(values, dtype=code).reshape(2, 3)
    name = x.dtype.name
    npy(name, x)
    npy(f"{name}_scalar", x[1, 0])
    npy(f"{name}_empty", x[:, :0])
    npy(f"{name}_columns", np.asfortranarray(x))
    if x.itemsize > 1:
        npy(f"{name}_big", x.astype(x.dtype.newbyteorder(">")))
x = np.arange(24, dtype="<f4").reshape(2, 3, 4)
npy("strided", x[:, ::-1, ::2])
npy("rank3_columns", np.asfortranarray(x))
npy("big_columns", np.asfortranarray(x).astype(">f4"))
npy("rank8", np.arange(8, dtype="<i4").reshape(1, 2, 1, 2, 1, 2, 1, 1))
npy("size1", np.ones((1, 1), "<f8"))
npy("long_axis", np.arange(1200, dtype="|u1"))
npy("version2", x, (2, 0))
npy("version3", x, (3, 0))

# What Gradus has no dtype for; not in the list.
for name, x in {
        "complex64": np.ones(2, "<c8"), "int8": np.ones(2, "|i1"), "uint16": np.ones(2, "<u2"),
        "longdouble": np.zeros(2, "<f16"), "text": np.array(["ab"]), "octets": np.array([b"ab"]),
        "object": np.array([None]), "date": np.array(["2020-01-01"], "M8[D]"),
        "fields": np.zeros(2, [("a", "<f4"), ("b", "<i4")]), "void": np.zeros(2, "|V2"),
        "rank9": np.ones((1,) * 9, "<f4")}.items():
    np.save(HERE / f"refused_{name}.npy", x, allow_pickle=True)

ARRAYS = {
    "x": np.arange(6, dtype="<f4").reshape(2, 3), "columns": np.asfortranarray(np.eye(3)[:2]),
    "scalar": np.array(7), "empty": np.zeros((0, 2), "<f2"), "mask": np.array([True, False]),
    "big": np.arange(3, dtype=">i4"), "zeros": np.zeros(3000, "|u1"), "é/ü": np.ones(1)}


def npz(name, save):
    with open(HERE / f"{name}.npz", "wb") as file:
        save(file)
    for key, x in ARRAYS.items():
        note(f"{name}.npz", key, x)


class Pipe(io.RawIOBase):
    """A file that cannot go back: zipfile then writes sizes behind the data."""

    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


npz("stored", lambda file: np.savez(file, **ARRAYS))
npz("packed", lambda file: np.savez_compressed(file, **ARRAYS))
npz("piped", lambda file: np.savez_compressed(Pipe(file), **ARRAYS))
limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 10  # as if all were larger than 4 GB
npz("zip64", lambda file: np.savez(file, **ARRAYS))
zipfile.ZIP64_LIMIT = limit
with zipfile.ZipFile(HERE / "stored.npz") as source:
    entries = {n: source.read(n) for n in source.namelist()}


def with_comment(file):
    with zipfile.ZipFile(file, "w") as archive:
        archive.comment = b"PK\x05\x06 a comment with what looks like an end record"
        for n, data in entries.items():
            archive.writestr(zipfile.ZipInfo(n), data)


npz("comment", with_comment)
np.savez(HERE / "no_arrays.npz")
manifest["no_arrays.npz"] = []
# For tests that change single bytes.
two = {"x": np.arange(6, dtype="<f4").reshape(2, 3), "y": np.arange(6, dtype="<f8")}
np.savez(HERE / "two.npz", **two)
np.savez_compressed(HERE / "two_packed.npz", **two)
for name, save in {"two": np.savez, "two_packed": np.savez_compressed}.items():
    for key, x in two.items():
        note(f"{name}.npz", key, x)
with zipfile.ZipFile(HERE / "refused_member.npz", "w") as archive:
    archive.writestr(zipfile.ZipInfo("notes.txt"), "no array")
with zipfile.ZipFile(HERE / "refused_bzip2.npz", "w", zipfile.ZIP_BZIP2) as archive:
    archive.writestr(zipfile.ZipInfo("x.npy"), entries["x.npy"], zipfile.ZIP_BZIP2)

t = {"bf16": torch.tensor([1.5, -0.0, float("inf")], dtype=torch.bfloat16),
     "scalar": torch.tensor(3.0), "empty": torch.zeros(2, 0), "é\n\"": torch.arange(2)}
for code, values in VALUES.items():
    x = np.array(values, dtype=code).reshape(2, 3)
    t[x.dtype.name] = torch.from_numpy(x.copy())


def safe(name, tensors, metadata=None):
    data = safetensors.torch.save(tensors, metadata)
    (HERE / f"{name}.safetensors").write_bytes(data)
    header = json.loads(data[8:8 + int.from_bytes(data[:8], "little")])
    header.pop("__metadata__", None)
    manifest[f"{name}.safetensors"] = []
    for key in header:
        x = tensors[key]
        elements = x.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        note_bytes(f"{name}.safetensors", key, str(x.dtype).removeprefix("torch."), x.shape, elements)


safe("every_dtype", t)
safe("metadata", {"w": torch.ones(2)}, {"format": "pt"})
safe("no_tensors", {})
(HERE / "refused_int8.safetensors").write_bytes(safetensors.numpy.save({"w": np.ones(2, "|i1")}))
(HERE / "refused_f8.safetensors").write_bytes(
    safetensors.torch.save({"w": torch.ones(2, dtype=torch.float8_e4m3fn)}))
(HERE / "files.json").write_text(json.dumps(manifest, indent=0, ensure_ascii=False) + "\n")

for reader, names in {
        "npy": ["float32", "bool_columns", "int64_big", "float16_scalar", "version2",
                "refused_fields", "rank8"],
        "npz": ["two", "two_packed", "piped", "zip64", "no_arrays", "refused_bzip2"],
        "safetensors": ["every_dtype", "metadata", "no_tensors", "refused_f8"]}.items():
    (CORPUS / reader).mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(HERE / f"{name}.{reader}", CORPUS / reader / f"{name}.{reader}")


def put(data, at, value, size):
    return data[:at] + value.to_bytes(size, "little") + data[at + size:]


# Hostile files, of which the tests have the whole texts.
claim = b"{'descr': '|u1', 'fortran_order': False, 'shape': (10000000000,), }".ljust(117) + b"\n"
(CORPUS / "npy" / "claims_10gb.npy").write_bytes(
    b"\x93NUMPY\x01\x00" + len(claim).to_bytes(2, "little") + claim)
archive = (HERE / "two_packed.npz").read_bytes()
first = archive.find(b"PK\x01\x02")
second = archive.find(b"PK\x01\x02", first + 1)
(CORPUS / "npz" / "bomb.npz").write_bytes(put(archive, first + 24, 100_000_000, 4))
(CORPUS / "npz" / "overlap.npz").write_bytes(put(archive, second + 42, 0, 4))
for name, header in {
        "claims_10gb": '{"a":{"dtype":"U8","shape":[10000000000],"data_offsets":[0,10000000000]}}',
        "overflow": '{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}',
        "twice": '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},'
                 '"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
        "nested": '{"a":' + 1000 * "["}.items():
    (CORPUS / "safetensors" / f"{name}.safetensors").write_bytes(
        len(header).to_bytes(8, "little") + header.encode() + b"\0")
