"""Reads with NumPy and safetensors what Gradus wrote. Run by hand:

  GRADUS_WRITTEN=/tmp/written ./gradus test tensor/io/written --test_env=GRADUS_WRITTEN \\
    --strategy=TestRunner=local
  python tests/golden/io/check_written.py /tmp/written
"""
import json
import pathlib
import sys

import numpy as np
import safetensors
import safetensors.torch

folder = pathlib.Path(sys.argv[1])
manifest = json.loads((pathlib.Path(__file__).parent / "files.json").read_text())
checked = 0


def check(file, array, x):
    global checked
    assert x.dtype.name == array["dtype"], (file, array["name"], x.dtype)
    assert list(x.shape) == array["shape"], (file, array["name"], x.shape)
    assert np.ascontiguousarray(x).tobytes().hex() == array["bytes"], (file, array["name"])
    checked += 1


for file, arrays in manifest.items():
    kind = file.rsplit(".", 1)[1]
    if kind == "npy":
        check(file, arrays[0], np.load(folder / file))
    elif kind == "npz":
        for copy in (folder / file, folder / ("packed_" + file)):
            with np.load(copy) as archive:
                assert archive.files == [array["name"] for array in arrays], copy
                for array in arrays:
                    check(copy.name, array, archive[array["name"]])
    else:
        tensors = safetensors.torch.load_file(folder / file)
        assert sorted(tensors) == sorted(array["name"] for array in arrays)
        for array in arrays:
            x = tensors[array["name"]]
            assert str(x.dtype) == "torch." + array["dtype"] and list(x.shape) == array["shape"]
            elements = x.contiguous().reshape(-1).view(safetensors.torch.torch.uint8)
            assert elements.numpy().tobytes().hex() == array["bytes"], (file, array["name"])
            checked += 1
with safetensors.safe_open(folder / "metadata.safetensors", "pt") as opened:
    assert opened.metadata() == {"format": "pt"}
print(f"{checked} arrays written by Gradus are what they were")
