#!/usr/bin/env python3
"""Compiles kernels.cu to kernels.ptx with NVRTC 12.0 for compute_70.

The oldest NVRTC of CUDA 12 gives PTX ISA 8.0, which every driver since CUDA 12.0 can compile for
its card, and compute_70 is the lowest virtual architecture with cards in use (V100). Needs pip and
a network, no GPU and no CUDA. The output depends on kernels.cu and the pinned wheel alone.
"""

import ctypes
import hashlib
import pathlib
import subprocess
import sys
import tempfile

WHEEL = "nvidia-cuda-nvrtc-cu12==12.0.140"
ARCH = "compute_70"
HERE = pathlib.Path(__file__).resolve().parent


def compile_ptx(library: pathlib.Path, source: bytes) -> bytes:
    nvrtc = ctypes.CDLL(str(library))
    program = ctypes.c_void_p()
    if nvrtc.nvrtcCreateProgram(ctypes.byref(program), source, b"kernels.cu", 0, None, None):
        sys.exit("nvrtcCreateProgram failed")
    options = (ctypes.c_char_p * 1)(f"--gpu-architecture={ARCH}".encode())
    status = nvrtc.nvrtcCompileProgram(program, 1, options)
    size = ctypes.c_size_t()
    nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetProgramLog(program, log)
    if log.value:
        print(log.value.decode(), file=sys.stderr)
    if status:
        sys.exit(f"nvrtcCompileProgram failed: {status}")
    nvrtc.nvrtcGetPTXSize(program, ctypes.byref(size))
    ptx = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetPTX(program, ptx)
    return ptx.value


def main() -> None:
    source = (HERE / "kernels.cu").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, WHEEL]
        subprocess.run(pip, check=True)
        libraries = pathlib.Path(folder) / "nvidia" / "cuda_nvrtc" / "lib"
        # NVRTC looks for its builtins by name: load them first, from beside it.
        ctypes.CDLL(str(libraries / "libnvrtc-builtins.so.12.0"))
        ptx = compile_ptx(libraries / "libnvrtc.so.12", source)
    head = f"// kernels.cu sha256 {hashlib.sha256(source).hexdigest()}\n// {WHEEL}, {ARCH}\n"
    (HERE / "kernels.ptx").write_bytes(head.encode() + ptx)


if __name__ == "__main__":
    main()
