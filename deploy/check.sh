#!/usr/bin/env bash
# Every configuration of this folder, parsed or tried by the tool it is for, as far as the tool is here. What no machine without a
# container daemon or a cluster can show is listed in README.md.
#
#   HG_PROGRAM  healthgrains.dll of a build, for the case with a read-only file system (default the Release build of this tree)
#   CI=true     a tool that Debian has and that is missing is a failure; otherwise it is skipped
#
# The last line is `deploy: N passed, N failed, N skipped`.
set -uo pipefail
cd "$(dirname "$0")"
top=$(cd .. && pwd)
PATH=$PATH:/usr/sbin
program=${HG_PROGRAM:-$top/src/HealthGrains.Host/bin/Release/net10.0/healthgrains.dll}
work=$(mktemp -d -t healthgrains-deploy-XXXXXX)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); printf 'ok %s\n' "$*"; }
not_ok() { failed=$((failed + 1)); printf 'NOT OK %s\n' "$*"; tail -15 "$work/log"; }
skip() { skipped=$((skipped + 1)); printf 'skipped %s\n' "$*"; }
missing() { if [ "${CI:-}" = true ]; then : >"$work/log"; not_ok "$* (missing, and CI=true)"; else skip "$*"; fi; }
has() { command -v "$1" >/dev/null 2>&1; }
try() { local what=$1; shift; if "$@" >"$work/log" 2>&1; then ok "$what"; else not_ok "$what"; fi; }

# Proxies: the files as they are, but for paths of this machine.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=localhost" \
  -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null
cat "$work/tls.crt" "$work/tls.key" >"$work/both.pem"
cp "$work/both.pem" "$work/tls_both"
cp haproxy/read-only.lst "$work"
local_paths() { sed -E "s#/etc/healthgrains/tls#$work#; s#/run/secrets#$work#; s#/etc/haproxy/#$work/#; s#/var/log/nginx/#$work/nginx-#; s#^pid .*#pid $work/nginx.pid;#" "$1"; }
if has nginx; then
  local_paths nginx/healthgrains.conf >"$work/nginx.conf"
  try "nginx -t healthgrains.conf" nginx -t -q -c "$work/nginx.conf"
  cp nginx/read-only.off.conf "$work/read-only.conf"
  try "nginx -t with read-only.conf" nginx -t -q -c "$work/nginx.conf"
else missing "nginx"; fi
if has haproxy; then
  for file in haproxy/healthgrains.cfg haproxy/passthrough.cfg compose/haproxy.cfg; do
    # Without a rise of the limit of open files, which is the machine's.
    local_paths "$file" | sed 's/maxconn 9000/maxconn 100/' >"$work/haproxy.cfg"
    try "haproxy -c $file" haproxy -c -q -f "$work/haproxy.cfg"
  done
else missing "haproxy"; fi

if has docker-compose; then
  for file in compose/standalone.yaml compose/cluster.yaml; do
    # Compose 1.29 of Debian does not know the name of a project in the file.
    sed '/^name:/d' "$file" >"compose/.check-$$.yaml"
    try "docker-compose config $file" docker-compose -f "compose/.check-$$.yaml" config -q
    rm "compose/.check-$$.yaml"
  done
else missing "docker-compose"; fi

if has npm; then
  if [ ! -e check/node_modules/.package-lock.json ] || [ check/package-lock.json -nt check/node_modules/.package-lock.json ]; then
    (cd check && npm ci --ignore-scripts --no-audit --no-fund) >"$work/log" 2>&1
  fi
  if has kubectl; then
    for folder in single cluster orleans; do
      kubectl kustomize "kubernetes/$folder" >"$work/$folder.yaml" 2>"$work/log" || { not_ok "kubectl kustomize $folder"; continue; }
      try "kubernetes/$folder: kustomize, then types of the API" node check/kubernetes.mjs "$work/$folder.yaml"
    done
  else
    # Debian has no kubectl; each object by itself then.
    skip "kubectl kustomize"
    try "kubernetes: types of the API" node check/kubernetes.mjs \
      $(find kubernetes -name '*.yaml' ! -name kustomization.yaml ! -name engine.yaml ! -name secrets.example.yaml)
  fi
  try "kubernetes/secrets.example.yaml" node check/kubernetes.mjs kubernetes/secrets.example.yaml
else missing "npm"; fi

if has systemd-analyze; then
  # The programs are not installed here.
  for unit in healthgrains@main.service healthgrains-backup@main.service; do
    sed 's#/opt/healthgrains/[a-z]*#/bin/true#' "systemd/${unit/main/}" >"$work/$unit"
  done
  cp systemd/healthgrains-backup@.timer "$work/healthgrains-backup@main.timer"
  try "systemd-analyze verify" systemd-analyze verify "$work"/healthgrains@main.service "$work"/healthgrains-backup@main.service "$work"/healthgrains-backup@main.timer
  for unit in healthgrains@main.service healthgrains-backup@main.service; do
    # Tenths; 10 is the worst.
    try "systemd-analyze security $unit, at most 2.0" systemd-analyze security --offline=true --threshold=20 "$work/$unit"
  done
else missing "systemd-analyze"; fi

if has promtool; then
  try "promtool check config" promtool check config prometheus/prometheus.yml
  try "promtool test rules" promtool test rules prometheus/rules.test.yml
else missing "promtool"; fi
if has python3; then
  python3 grafana/make.py >"$work/dashboard.json"
  try "grafana/healthgrains.json is what make.py writes" cmp "$work/dashboard.json" grafana/healthgrains.json
else missing "python3"; fi

# The backup of a store, and the image's way to run: no root, no capability, nothing writable but the data.
if [ -e "$program" ] && has sqlite3; then
  dotnet "$program" token operator --data "$work/data" >/dev/null 2>"$work/log"
  dotnet "$program" serve --data "$work/data" --grpc 127.0.0.1:0 --web 127.0.0.1:0 >"$work/serve.log" 2>&1 & server=$!
  for _ in $(seq 100); do grep -q "healthgrains serves" "$work/serve.log" && break; sleep 0.1; done
  try "a backup while it serves, and verified" env KEEP=1 HEALTHGRAINS="dotnet $program" systemd/backup "$work/data" "$work/backups"
  kill "$server"; wait "$server"
else missing "a build, or sqlite3"; fi
if [ -e "$program" ] && [ "$(id -u)" = 0 ] && has unshare && has setpriv && unshare --mount true 2>/dev/null; then
  mkdir "$work/readonly"; chmod 755 "$work"; chown 64198:64198 "$work/readonly"; chmod 700 "$work/readonly"
  cat >"$work/inside" <<'INSIDE'
set -e
mount --bind "$DATA" /mnt
mount -o remount,bind,ro /
mount -t proc -o subset=pid proc /proc
export HEALTHGRAINS__DATA=/mnt HEALTHGRAINS__GRPC=127.0.0.1:0 HEALTHGRAINS__WEB=127.0.0.1:$WEB DOTNET_EnableDiagnostics=0
cd /mnt
exec setpriv --reuid 64198 --regid 64198 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all sh -c '
  touch /var/x 2>/dev/null && exit 9
  dotnet "$PROGRAM" serve >serve.log 2>&1 & server=$!
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do dotnet "$PROGRAM" health && break; sleep 0.3; done
  dotnet "$PROGRAM" health || { cat serve.log; exit 1; }
  kill $server; wait $server'
INSIDE
  web=$((20000 + RANDOM % 20000))
  # Another user must be able to reach the build; a tree below a private home is none of its business.
  if setpriv --reuid 64198 --regid 64198 --clear-groups test -r "$program"; then
    try "serves without root, capabilities or a writable file system" \
      env DATA="$work/readonly" WEB=$web PROGRAM="$program" unshare --mount --pid --fork --propagation private bash "$work/inside"
  else skip "read-only file system: the build lies where no other user may read"; fi
else skip "read-only file system: not root, or no build"; fi

printf 'deploy: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
