"""Files of torch.save, for tests/tensor/io/torch_file_test.cc and as seeds of fuzz/corpus/torch_file.

Run it in this folder: python make_torch_files.py. It needs torch and safetensors. What must be read
from every_kind.pt is in every_kind_pt.safetensors, under the names that load_torch makes.
"""
import collections
import pathlib
import shutil
import zipfile

import safetensors.torch
import torch

HERE = pathlib.Path(__file__).parent
CORPUS = HERE.parents[2] / "fuzz" / "corpus" / "torch_file"

torch.manual_seed(3)
base = torch.arange(24, dtype=torch.float32)


def every_kind():
    dtypes = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float16, torch.bfloat16,
              torch.float32, torch.float64]
    state = collections.OrderedDict(
        (str(d).removeprefix("torch."), (torch.rand(2, 3) * 9).to(d)) for d in dtypes)
    state["scalar"] = torch.tensor(-(2**62) - 1)
    state["empty"] = torch.zeros(0, 3)
    state["transposed"] = base.reshape(4, 6).T
    state["part"] = base[3:17:5]
    state["rank8"] = torch.rand(1, 2, 1, 2, 1, 2, 1, 2)
    state["parameter"] = torch.nn.Parameter(torch.rand(3))
    state._metadata = {"": {"version": 1}}
    twice = {"x": base[2:4]}
    return {"model": state, "here": twice, "there": twice, "epoch": 70000, "loss": 0.25, "best": None, "big": 2**40, "note": "ä",
            "sizes": base.shape, "more": {1: base[:2], -(2**40): base[7], "deep": {"x": base[5]}},
            "left out": [base, (1, -1, True, False)]}


def flat(value, path=""):
    for key, x in value.items():
        if isinstance(x, dict):
            yield from flat(x, f"{path}{key}.")
        elif torch.is_tensor(x):
            yield path + str(key), x.detach().clone().contiguous()


class Net(torch.nn.Module):
    pass


class Shell:
    """What a hostile file would do in Python."""

    def __reduce__(self):
        import os
        return os.system, ("true",)


def changed(source, target, old, new):
    """The archive `source` with other bytes in its pickle."""
    with zipfile.ZipFile(source) as a, zipfile.ZipFile(target, "w") as b:
        for item in a.infolist():
            data = a.read(item)
            if item.filename.endswith("data.pkl"):
                assert old in data, (target, old)
                data = new.join(data.rsplit(old, 1))
            b.writestr(zipfile.ZipInfo(item.filename), data)


def main():
    torch.save(every_kind(), HERE / "every_kind.pt")
    safetensors.torch.save_file(dict(flat(every_kind_again())), HERE / "every_kind_pt.safetensors")
    small = HERE / "small.pt"
    torch.save({"w": torch.ones(2, 3)}, small)
    torch.save({"w": torch.ones(2)}, HERE / "protocol4.pt", pickle_protocol=4)
    torch.save({"w": torch.ones(2)}, HERE / "refused_legacy.pt",
               _use_new_zipfile_serialization=False)
    torch.save(Net(), HERE / "refused_model.pt")
    torch.save({"w": torch.ones(2), "x": Shell()}, HERE / "refused_call.pt")
    torch.save({"w": torch.ones(2, dtype=torch.int8)}, HERE / "refused_int8.pt")
    torch.save([torch.ones(2)], HERE / "refused_list.pt")
    torch.save({"w": torch.ones(1).expand(1000)}, HERE / "refused_expanded.pt")
    # Sizes [2, 3] become [2, 200], strides [5, 1], a key is one that there is not, and a dictionary
    # is inside of itself.
    changed(small, HERE / "refused_sizes.pt", b"K\x02K\x03\x86", b"K\x02K\xc8\x86")
    changed(small, HERE / "refused_strides.pt", b"K\x03K\x01\x86", b"K\x05K\x01\x86")
    changed(small, HERE / "refused_key.pt", b"X\x01\x00\x00\x000", b"X\x01\x00\x00\x009")
    changed(small, HERE / "refused_ring.pt", b"}q\x00X\x01\x00\x00\x00w",
            b"}q\x00X\x01\x00\x00\x00zh\x00sX\x01\x00\x00\x00w")
    many = {"w": torch.ones(1)}
    for _ in range(30):
        many = {"a": many, "b": many}
    torch.save(many, HERE / "refused_many.pt")
    changed(small, HERE / "refused_opcode.pt", b"}q\x00", b"}q\x00\xff")
    changed(small, HERE / "refused_end.pt", b".", b"")
    shutil.rmtree(CORPUS, ignore_errors=True)
    CORPUS.mkdir(parents=True)
    for file in HERE.glob("*.pt"):
        if file.stat().st_size < 8192:
            shutil.copy(file, CORPUS / file.name)


def every_kind_again():
    torch.manual_seed(3)
    return every_kind()


if __name__ == "__main__":
    torch.manual_seed(3)
    main()
