#!/usr/bin/env bash
# Generates the stubs and builds the C++ client into the directory given. Needs Debian's libgrpc++-dev and
# protobuf-compiler-grpc. Without optimization: the client is not what is measured.
set -euo pipefail
out=$1
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
mkdir -p "$out"
cd "$top"
common=(-Iprotos -Itests/interop/protos)
protoc "${common[@]}" --cpp_out="$out" protos/healthgrains/v1/{identities,documents,errors,consents,document_exchange,patient_records}.proto \
  tests/interop/protos/google/rpc/status.proto tests/interop/protos/grpc/health/v1/health.proto
protoc "${common[@]}" --grpc_out="$out" --plugin=protoc-gen-grpc="$(command -v grpc_cpp_plugin)" \
  protos/healthgrains/v1/{document_exchange,patient_records}.proto tests/interop/protos/grpc/health/v1/health.proto
cp "$here/client.cc" "$out/client.cc"
cd "$out"
flags=$(pkg-config --cflags grpc++ protobuf)
find . -name '*.cc' -print0 | xargs -0 -P 2 -I{} sh -c "g++ -std=c++17 -O0 -Wall -Wno-maybe-uninitialized -I. $flags -c {} -o {}.o"
# shellcheck disable=SC2046
g++ -o client $(find . -name '*.o') $(pkg-config --libs grpc++ protobuf)
