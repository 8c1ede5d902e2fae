#!/usr/bin/env bash
# Exports a surrogate, builds generate.cpp against ONNX Runtime, and draws events.
#
#     examples/cpp/run.sh SURROGATE FOLDER COUNT SEED [condition=value ...]
#
# The headers: Debian 13's libonnxruntime-dev, or the archive of a release of ONNX Runtime, named by
# ONNXRUNTIME_INCLUDE. The library: that of Python's onnxruntime, or another one, named by
# ONNXRUNTIME_LIBRARY. It may be newer than the headers.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
surrogate=$1 folder=$2
shift 2
python=${PYTHON:-python3}
include=${ONNXRUNTIME_INCLUDE:-/usr/include/onnxruntime}
if [ ! -e "$include/onnxruntime_cxx_api.h" ]; then
  echo "expected headers of ONNX Runtime; $include has none; set ONNXRUNTIME_INCLUDE" >&2
  exit 1
fi
library=${ONNXRUNTIME_LIBRARY:-$("$python" - <<'PYTHON'
from pathlib import Path

import onnxruntime

print(next(Path(onnxruntime.__file__).parent.glob("capi/libonnxruntime.so.*")))
PYTHON
)}
mkdir -p "$folder"
model=$folder/model.onnx
[ -e "$model" ] || "$python" -m physgan.cli export "$surrogate" --onnx --out "$model"
ln -sf "$library" "$folder/libonnxruntime.so.1"  # the name that programs look for
"${CXX:-c++}" -std=c++17 -O2 -Wall -Wextra -isystem "$include" "$here/generate.cpp" \
  -o "$folder/generate" "$folder/libonnxruntime.so.1" -Wl,-rpath,"$(cd "$folder" && pwd)"
"$folder/generate" "$model" "$folder/events.npy" "$@"
