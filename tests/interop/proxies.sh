#!/usr/bin/env bash
# The proxy configurations of deploy/, in front of a running server, on loopback: nginx, HAProxy, and HAProxy that only passes
# connections on (to a server with TLS of its own). Each carries unary calls, refusals with trailers, streams in both directions, an
# idle Watch that only heartbeats keep, and its own reload while a Watch is open.
#
#   HG_CLI    the command line, such as "dotnet src/HealthGrains.Host/bin/Release/net10.0/healthgrains.dll"
#   HG_TIER   short (default): the proxies' timeouts of 90 s are 20 s, and the Watch is idle for 31 s
#             long:  the files as they are, and the Watch is idle for 95 s
#   HG_TIMEOUT_S  other timeouts of the proxies; below the heartbeat's 15 s the idle case must fail through nginx and haproxy (control)
#   HG_PROXIES  which, default "nginx haproxy passthrough"
#   HG_KEEP   directory to which configurations and logs of the run are copied
#   CI=true   a proxy that is missing is a failure; otherwise it is skipped
#
# Needs nginx, haproxy (Debian), openssl, node. The last line is `proxies: N passed, N failed, N skipped`.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
: "${HG_CLI:?the command line}"
read -r -a cli <<<"$HG_CLI"
proxies=${HG_PROXIES:-nginx haproxy passthrough}
tier=${HG_TIER:-short}
work=$(mktemp -d -t healthgrains-proxies-XXXXXX)
pids=()
passed=0 failed=0 skipped=0
PATH=$PATH:/usr/sbin
cd "$top"

finish() {
  # The last started ends first: proxies before servers.
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null; done
  [[ -n ${HG_KEEP:-} ]] && cp -r "$work" "$HG_KEEP"
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
give_up() { printf '%s\n' "$*" >&2; printf 'proxies: %d passed, %d failed, %d skipped\n' "$passed" $((failed + 1)) "$skipped"; exit 1; }

port() { node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }
answers() { # PORT PID
  for _ in $(seq 100); do
    kill -0 "$2" 2>/dev/null || return 1
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.1
  done
  return 1
}

if [[ ! -e $here/node_modules/.package-lock.json || $here/package-lock.json -nt $here/node_modules/.package-lock.json ]]; then
  (cd "$here" && npm ci --ignore-scripts --no-audit --no-fund >"$work/npm.log" 2>&1) || { tail -3 "$work/npm.log"; give_up "npm ci failed"; }
fi

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=localhost" \
  -addext "subjectAltName=IP:127.0.0.1,DNS:localhost" -keyout "$work/tls.key" -out "$work/tls.crt" 2>"$work/openssl.log" || give_up "openssl failed"
cat "$work/tls.crt" "$work/tls.key" >"$work/both.pem"
chmod 600 "$work"/*.key "$work"/*.pem

server() { # NAME GRPC WEB OPTION…: one that speaks plaintext to the proxies, one with TLS of its own
  local name=$1 grpc=$2 web=$3; shift 3
  HEALTHGRAINS__CONNECTIONS__PERADDRESSMAX=5000 "${cli[@]}" serve --data "$work/$name" --grpc "127.0.0.1:$grpc" --web "127.0.0.1:$web" "$@" \
    >"$work/$name.log" 2>&1 &
  pids+=($!)
  for _ in $(seq 200); do
    grep -q "healthgrains serves" "$work/$name.log" && return
    kill -0 "${pids[-1]}" 2>/dev/null || break
    sleep 0.1
  done
  tail -5 "$work/$name.log"; give_up "the server $name did not start"
}
plain_grpc=$(port) plain_web=$(port) tls_grpc=$(port) tls_web=$(port)
server plain "$plain_grpc" "$plain_web"
[[ " $proxies " != *" passthrough "* ]] || server own-tls "$tls_grpc" "$tls_web" --tls-cert "$work/tls.crt" --tls-key "$work/tls.key"

if [[ $tier = long ]]; then seconds=90 idle=95; else seconds=20 idle=31; fi
seconds=${HG_TIMEOUT_S:-$seconds}

# Addresses and files of this run; the rest of the configuration is as it is shipped.
adapt() { # FILE LISTEN GRPC WEB
  sed -E -e "s#\b90s#${seconds}s#g" -e "s#127\.0\.0\.1:8081#127.0.0.1:$3#; s#port 8080#port $4#" \
    -e "s#listen 443 #listen 127.0.0.1:$2 #; s#bind :(8)?443#bind 127.0.0.1:$2#" \
    -e "s#/etc/healthgrains/tls#$work#; s#/etc/haproxy/#$work/#; s#/var/log/nginx/#$work/nginx-#; s#^pid .*#pid $work/nginx.pid;#" \
    -e "s#log stdout .*#log stdout format raw local0 warning#" "$1"
}

start_nginx() { # LISTEN
  mkdir -p "$work/nginx"
  { echo "daemon off;"; [[ $(id -u) != 0 ]] || echo "user root;"; adapt deploy/nginx/healthgrains.conf "$1" "$plain_grpc" "$plain_web"; } >"$work/nginx/nginx.conf"
  nginx -t -q -c "$work/nginx/nginx.conf" || return 1
  nginx -c "$work/nginx/nginx.conf" >"$work/nginx.log" 2>&1 &
  pids+=($!)
  export HG_RELOAD="nginx -t -q -c $work/nginx/nginx.conf && kill -HUP ${pids[-1]}"
  export HG_CLOSE="cp $top/deploy/nginx/read-only.off.conf $work/nginx/read-only.conf && $HG_RELOAD"
  export HG_OPEN="rm $work/nginx/read-only.conf && $HG_RELOAD"
}
start_haproxy() { # LISTEN
  cp deploy/haproxy/read-only.lst "$work/read-only.lst"
  adapt deploy/haproxy/healthgrains.cfg "$1" "$plain_grpc" "$plain_web" >"$work/haproxy.cfg"
  run_haproxy "$work/haproxy.cfg" haproxy || return 1
  export HG_CLOSE="echo /healthgrains.v1.DocumentExchange/ > $work/read-only.lst && $HG_RELOAD"
  export HG_OPEN=": > $work/read-only.lst && $HG_RELOAD"
}
start_passthrough() { # LISTEN
  adapt deploy/haproxy/passthrough.cfg "$1" "$tls_grpc" "$tls_web" >"$work/passthrough.cfg"
  run_haproxy "$work/passthrough.cfg" passthrough || return 1
  unset HG_CLOSE HG_OPEN
}
run_haproxy() { # FILE NAME
  haproxy -c -q -f "$1" || return 1
  haproxy -W -f "$1" >"$work/$2.log" 2>&1 &
  pids+=($!)
  export HG_RELOAD="haproxy -c -q -f $1 && kill -USR2 ${pids[-1]}"
}

export HG_PROFESSIONAL=899700000021 HG_IDLE_S=$idle HG_CA=$work/tls.crt
seed=${HG_SEED:-$RANDOM}
runs=()
for proxy in $proxies; do
  program=${proxy/passthrough/haproxy}
  if ! command -v "$program" >/dev/null; then
    if [[ ${CI:-} == true ]]; then failed=$((failed + 1)); printf '%-12s FAILED: %s is missing\n' "$proxy" "$program"
    else skipped=$((skipped + 1)); printf '%-12s skipped: %s is missing\n' "$proxy" "$program"; fi
    continue
  fi
  listen=$(port)
  if ! "start_$proxy" "$listen" || ! answers "$listen" "${pids[-1]}"; then
    failed=$((failed + 1)); printf '%-12s FAILED: it did not start\n' "$proxy"; cat "$work/$proxy.log" 2>/dev/null; continue
  fi
  # Each has a patient of its own, so that an idle Watch is idle.
  seed=$((seed + 1))
  "${cli[@]}" generate --seed "$seed" --count 12 --out "$work/$proxy-generated" >"$work/generate.log" 2>&1 || give_up "generate failed"
  read -r file ins oid organization < <(/usr/bin/python3 -B "$here/pick.py" "$work/$proxy-generated")
  mkdir -p "$work/$proxy-files" && cp "$file" "$work/$proxy-files/base.xml"
  data=$work/plain web=$plain_web
  [[ $proxy != passthrough ]] || { data=$work/own-tls; web=$tls_web; }
  HG_METRICS="http://127.0.0.1:$web/metrics" \
  HG_TOKEN_PRODUCER=$("${cli[@]}" token producer --organization "$organization" --data "$data") \
  HG_TOKEN_PATIENT=$("${cli[@]}" token patient --ins "$ins" --ins-oid "$oid" --data "$data") \
    node "$here/node/proxy.mjs" --server "127.0.0.1:$listen" --files "$work/$proxy-files" ${HG_ONLY:+--only "$HG_ONLY"} \
    >"$work/$proxy.out" 2>"$work/$proxy.err" &
  runs+=("$proxy:$!")
done

for run in "${runs[@]}"; do
  proxy=${run%%:*} ended=no bad=0
  wait "${run##*:}"; code=$?
  while IFS= read -r line; do
    case $line in
      'ok '*) passed=$((passed + 1)); printf '%-12s %-32s ok\n' "$proxy" "${line#ok }" ;;
      'not ok '*) line=${line#not ok }; failed=$((failed + 1)); bad=1; printf '%-12s %-32s FAILED %s\n' "$proxy" "${line%% *}" "${line#* }" ;;
      'skip '*) line=${line#skip }; printf '%-12s %-32s not for it: %s\n' "$proxy" "${line%% *}" "${line#* }" ;;
      '#'*) printf '%-12s %s\n' "$proxy" "$line" ;;
      *' passed, '*) ended=yes ;;
    esac
  done <"$work/$proxy.out"
  if [[ $ended = no || ( $code != 0 && $bad = 0 ) ]]; then
    failed=$((failed + 1)); printf '%-12s FAILED exit code %s %s\n' "$proxy" "$code" "$(tail -n 3 "$work/$proxy.err" | tr '\n' ' ')"
  fi
done
printf 'proxies: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[[ $failed = 0 && $passed -gt 0 ]]
