#!/usr/bin/env bash
# Runs every foreign client against a running server and prints a table of client × case.
#
#   HG_SERVER  host:port of the gRPC port
#   HG_DATA    data directory of that server (its development key signs the tokens)
#   HG_CLI     the command line, such as "dotnet run -c Release --no-build --project src/HealthGrains.Host --"
#   HG_CLIENTS which clients, default "grpc-js buf-curl python cpp example"
#   HG_RUN     the seed of the documents' ids, to repeat a run
#   CI=true    a client that can not run is a failure; otherwise it is skipped
#
# The last line is `interop: N passed, N failed, N skipped`; the exit code is 0 only when nothing failed.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
: "${HG_SERVER:?host:port of the server}" "${HG_DATA:?data directory of the server}" "${HG_CLI:?the command line}"
clients=${HG_CLIENTS:-grpc-js buf-curl python cpp example}
read -r -a cli <<<"$HG_CLI"
work=$(mktemp -d -t healthgrains-interop-XXXXXX)
trap 'rm -rf "$work"' EXIT
cd "$top"

wants() { [[ " $clients " == *" $1 "* ]]; }

# What is missing. A failure to install shows as a client that can not run, with its reason, not as an end of the run.
install_node() {
  if [[ ! -e $1/node_modules/.package-lock.json || $1/package-lock.json -nt $1/node_modules/.package-lock.json ]]; then
    (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund >"$work/npm.log" 2>&1) || true
  fi
}

install_debian() {
  dpkg -s "$@" >/dev/null 2>&1 && return
  [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null || return 0
  { apt-get install -y --no-install-recommends "$@" || { apt-get update && apt-get install -y --no-install-recommends "$@"; }; } \
    >"$work/apt.log" 2>&1 || true
}

if wants grpc-js || wants buf-curl; then install_node "$here"; fi
if wants example; then install_node "$top/docs/examples"; fi
if wants python; then install_debian python3-grpcio python3-protobuf protobuf-compiler protobuf-compiler-grpc; fi
if wants cpp; then install_debian g++ pkg-config libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc; fi

# Who calls, and about which document: all of it comes from the generator and the development key.
"${cli[@]}" generate --seed "${HG_SEED:-11}" --count 40 --out "$work/generated" >"$work/generate.log" 2>&1 \
  || { cat "$work/generate.log" >&2; echo "interop: 0 passed, 1 failed, 0 skipped"; exit 1; }
python=/usr/bin/python3
[[ -x $python ]] || python=python3
read -r file ins oid organization < <("$python" -B "$here/pick.py" "$work/generated")
mkdir "$work/files"
cp "$file" "$work/files/base.xml"

export HG_PROFESSIONAL=899700000021
HG_TOKEN_PRODUCER=$("${cli[@]}" token producer --organization "$organization" --data "$HG_DATA")
HG_TOKEN_PATIENT=$("${cli[@]}" token patient --ins "$ins" --ins-oid "$oid" --data "$HG_DATA")
HG_TOKEN_PROFESSIONAL=$("${cli[@]}" token professional --id "$HG_PROFESSIONAL" --role 10 --organization 1990000002 --data "$HG_DATA")
HG_TOKEN_OPERATOR=$("${cli[@]}" token operator --data "$HG_DATA")
export HG_SERVER HG_TOKEN_PRODUCER HG_TOKEN_PATIENT HG_TOKEN_PROFESSIONAL HG_TOKEN_OPERATOR
export HG_FILE=$work/files/base.xml HG_INS=$ins HG_INS_OID=$oid

passed=0
failed=0
skipped=0
printf '%-10s %-34s %s\n' client case result

row() { printf '%-10s %-34s %s\n' "$1" "$2" "$3"; }

missing() {
  if [[ ${CI:-} == true ]]; then
    failed=$((failed + 1))
    row "$1" - "FAILED can not run: $2"
  else
    skipped=$((skipped + 1))
    row "$1" - "skipped: $2"
  fi
}

# Runs one client and turns its lines into rows. A client that ends without its last line, or whose exit code and lines
# disagree, is a failure of its own.
client() {
  local name=$1 ended=no code=0 bad=0 line
  shift
  timeout 300 "$@" >"$work/$name.out" 2>"$work/$name.err" || code=$?
  while IFS= read -r line; do
    case $line in
      'ok '*) passed=$((passed + 1)); row "$name" "${line#ok }" ok ;;
      'not ok '*) line=${line#not ok }; failed=$((failed + 1)); bad=1; row "$name" "${line%% *}" "FAILED ${line#* }" ;;
      'skip '*) line=${line#skip }; skipped=$((skipped + 1)); row "$name" "${line%% *}" "skipped: ${line#* }" ;;
      '#'*) row "$name" - "$line" ;;
      *' passed, '*) ended=yes ;;
    esac
  done <"$work/$name.out"
  if [[ $ended == no || ( $code != 0 && $bad == 0 ) ]]; then
    failed=$((failed + 1))
    row "$name" - "FAILED exit code $code $(tail -n 3 "$work/$name.err" | tr '\n' ' ')"
  fi
}

arguments=(--server "$HG_SERVER" --files "$work/files")

if wants grpc-js; then
  if [[ -d $here/node_modules/@grpc/grpc-js ]]; then
    client grpc-js node "$here/node/client.mjs" "${arguments[@]}"
  else
    missing grpc-js "npm ci did not bring @grpc/grpc-js"
  fi
fi

if wants buf-curl; then
  if compgen -G "$here/node_modules/@bufbuild/buf-*/bin/buf" >/dev/null; then
    client buf-curl node "$here/node/buf-curl.mjs" "${arguments[@]}"
  else
    missing buf-curl "npm ci did not bring buf"
  fi
fi

if wants python; then
  if /usr/bin/python3 -c 'import grpc, google.protobuf' 2>/dev/null && [[ -x /usr/bin/grpc_python_plugin ]] && command -v protoc >/dev/null; then
    client python /usr/bin/python3 -B "$here/python/client.py" "${arguments[@]}"
  else
    missing python "Debian's python3-grpcio, protobuf-compiler or protobuf-compiler-grpc is not there"
  fi
fi

if wants cpp; then
  if command -v grpc_cpp_plugin >/dev/null && command -v g++ >/dev/null && pkg-config --exists grpc++ 2>/dev/null; then
    if "$here/cpp/build.sh" "$work/cpp" >"$work/cpp.log" 2>&1; then
      client cpp "$work/cpp/client" "${arguments[@]}"
    else
      failed=$((failed + 1))
      row cpp - "FAILED to build: $(tail -n 3 "$work/cpp.log" | tr '\n' ' ')"
    fi
  else
    missing cpp "Debian's libgrpc++-dev, protobuf-compiler-grpc or g++ is not there"
  fi
fi

if wants example; then
  if [[ -d $top/docs/examples/node_modules/@grpc/grpc-js ]]; then
    if timeout 60 node "$top/docs/examples/submit-and-watch.mjs" >"$work/example.out" 2>&1 && grep -q AJOUT_DOCUMENT "$work/example.out"; then
      passed=$((passed + 1))
      row example submit-and-watch ok
    else
      failed=$((failed + 1))
      row example submit-and-watch "FAILED $(grep -m 1 Error "$work/example.out" || tail -n 1 "$work/example.out")"
    fi
  else
    missing example "npm ci did not bring @grpc/grpc-js"
  fi
fi

echo "interop: $passed passed, $failed failed, $skipped skipped"
[[ $failed == 0 && $passed -gt 0 ]]
