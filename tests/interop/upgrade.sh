#!/usr/bin/env bash
# Two builds of the server on one store: forward, back where it is promised, kills in between, and the clients of each on the other.
#
#   HG_OLD, HG_NEW  the two programs, such as "dotnet old/healthgrains.dll" (made with `dotnet publish src/HealthGrains.Host -o old`)
#   HG_KILLS        kill -9 in the middle of a submission, forward and back in turn (default 5)
#   HG_POSTGRESQL   0 leaves out the part with both builds at once on one PostgreSQL
#
# What an old one refuses is asked of the new one again. Every document is submitted again in the end: all must be known. The last line is `upgrade: N passed, N failed, N noted`; what is noted
# is a way back that is not promised, with what happened.
set -uo pipefail
: "${HG_OLD:?the old program}" "${HG_NEW:?the new program}"
read -r -a old <<<"$HG_OLD"
read -r -a new <<<"$HG_NEW"
work=$(mktemp -d -t healthgrains-upgrade-XXXXXX)
pids=()
passed=0 failed=0 noted=0
cluster=
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; done
  [ -z "$cluster" ] || as_postgres "$pg/pg_ctl" -D "$cluster" -m immediate -w stop >/dev/null 2>&1
  rm -rf "$work"
}
trap finish EXIT
ok() { passed=$((passed + 1)); printf 'ok %s\n' "$*"; }
not_ok() { failed=$((failed + 1)); printf 'NOT OK %s\n' "$*"; }
note() { noted=$((noted + 1)); printf 'noted %s\n' "$*"; }
port() { echo $((20000 + RANDOM % 20000)); }

grpc=$(port) web=$(port) grpc2=$(port) web2=$(port)
start() { # old|new DATA GRPC WEB OPTION…; sets pid
  local -n program=$1; local data=$2 at=$3 health=$4; shift 4
  "${program[@]}" serve --data "$data" --grpc "127.0.0.1:$at" --web "127.0.0.1:$health" "$@" >"$work/server-$at.log" 2>&1 &
  pid=$!; pids+=($pid)
  for _ in $(seq 300); do
    grep -q "healthgrains serves" "$work/server-$at.log" && return
    kill -0 $pid 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}
stop() { kill "$1"; wait "$1"; }
submit() { # old|new GRPC FOLDER → receipts known
  local -n client=$1
  "${client[@]}" submit "$3" --json --server "http://127.0.0.1:$2" --token "$token" >"$work/out.jsonl" 2>"$work/submit.log"
  printf '%s %s\n' "$(grep -c '"receipt"' "$work/out.jsonl")" "$(grep -c '"already_known":true' "$work/out.jsonl")"
}
expect() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1: wanted $3, got $2"; tail -2 "$work/submit.log"; fi; }

"${new[@]}" generate --seed 5 --count 300 --patients 40 --out "$work/first" >/dev/null 2>&1
"${new[@]}" generate --seed 5 --start 300 --count 300 --patients 40 --out "$work/second" >/dev/null 2>&1
mkdir "$work/all" && cp "$work"/first/* "$work"/second/* "$work/all"

echo "== One data directory (SQLite)"
data=$work/data
if start old "$data" "$grpc" "$web"; then ok "the old one starts"; else not_ok "the old one starts"; tail -3 "$work/server-$grpc.log"; exit 1; fi
token=$("${old[@]}" token producer --organization 1750100125 --lifetime 8h --data "$data")
operator=$("${old[@]}" token operator --data "$data")
expect "the old client submits to the old server" "$(submit old "$grpc" "$work/first")" "300 0"
stop $pid
start new "$data" "$grpc" "$web" && ok "the new one starts on what the old one wrote" || not_ok "the new one starts on what the old one wrote"
expect "all is known to it" "$(submit new "$grpc" "$work/first")" "300 300"
expect "the old client submits to the new server" "$(submit old "$grpc" "$work/second")" "300 0"
"${old[@]}" status --server "http://127.0.0.1:$grpc" --token "$operator" >"$work/submit.log" 2>&1 && ok "the old client asks for the status" || not_ok "the old client asks for the status"
stop $pid
"${new[@]}" verify --data "$data" >"$work/verify.log" 2>&1 && ok "the new one verifies: $(tail -1 "$work/verify.log")" || not_ok "verify: $(tail -1 "$work/verify.log")"
if start old "$data" "$grpc" "$web"; then
  ok "back: the old one starts on what both wrote"
  expect "back: all is known to it" "$(submit new "$grpc" "$work/all")" "600 600"
  stop $pid
  "${old[@]}" verify --data "$data" >"$work/verify.log" 2>&1 && ok "back: the old one verifies" || note "back: the old one does not verify: $(tail -1 "$work/verify.log")"
else
  note "back: the old one does not start: $(tail -1 "$work/server-$grpc.log")"
fi

kills=${HG_KILLS:-5} which=new
for kill in $(seq "$kills"); do
  "${new[@]}" generate --seed $((100 + kill)) --count 400 --patients 60 --out "$work/kill" >/dev/null 2>&1
  start $which "$data" "$grpc" "$web" || { not_ok "kill $kill: $which starts"; break; }
  : >"$work/killed.jsonl"
  "${new[@]}" submit "$work/kill" --json --server "http://127.0.0.1:$grpc" --token "$token" >"$work/killed.jsonl" 2>/dev/null & client=$!
  while [ "$(wc -l <"$work/killed.jsonl")" -lt 50 ] && kill -0 $client 2>/dev/null; do sleep 0.02; done
  kill -9 $pid; wait $pid 2>/dev/null
  kill $client 2>/dev/null; wait $client 2>/dev/null
  which=$([ $which = new ] && echo old || echo new)
  start $which "$data" "$grpc" "$web" || { not_ok "kill $kill: $which starts after it"; tail -2 "$work/server-$grpc.log"; break; }
  grep '"receipt"' "$work/killed.jsonl" | grep -o '"file":"[^"]*"' | cut -d'"' -f4 >"$work/acknowledged"
  "${new[@]}" submit --list "$work/acknowledged" --json --server "http://127.0.0.1:$grpc" --token "$token" >"$work/out.jsonl" 2>"$work/submit.log"
  lost=$(($(wc -l <"$work/acknowledged") - $(grep -c '"already_known":true' "$work/out.jsonl")))
  said="kill $kill, then $which: $(wc -l <"$work/acknowledged") acknowledged, not known $lost"
  codes=$(grep -o '"code":"[A-Z_]*"' "$work/out.jsonl" | sort | uniq -c | tr -s ' \n' ' ')
  if [ "$lost" = 0 ]; then ok "$said"
  elif [ $which = old ] && ! grep -q '"already_known":false' "$work/out.jsonl"; then
    # The old one says no to records in which the new one wrote kinds of entries that it does not know; nothing is gone.
    note "$said:$codes"
    cp "$work/acknowledged" "$work/refused-by-old"
  else not_ok "$said:$codes"; fi
  stop $pid
  rm -r "$work/kill"
done
if [ -e "$work/refused-by-old" ] && start new "$data" "$grpc" "$web"; then
  "${new[@]}" generate --seed $((100 + kills)) --count 400 --patients 60 --out "$work/kill" >/dev/null 2>&1
  "${new[@]}" submit --list "$work/refused-by-old" --json --server "http://127.0.0.1:$grpc" --token "$token" >"$work/out.jsonl" 2>"$work/submit.log"
  expect "what the old one refused last is known to the new one" "$(grep -c '"already_known":true' "$work/out.jsonl")" "$(wc -l <"$work/refused-by-old" | tr -d ' ')"
  stop $pid
fi
"${new[@]}" verify --data "$data" >"$work/verify.log" 2>&1 && ok "after the kills: $(tail -1 "$work/verify.log")" || not_ok "verify: $(tail -1 "$work/verify.log")"

pg=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -1)")
if [ "${HG_POSTGRESQL:-1}" = 1 ] && [ -x "$pg/initdb" ]; then
  echo "== Both at once on one PostgreSQL (rolling)"
  as_postgres() { if [ "$(id -u)" = 0 ]; then (cd / && setpriv --reuid postgres --regid postgres --clear-groups "$@"); else "$@"; fi; }
  chmod 711 "$work"; mkdir "$work/pg"; [ "$(id -u)" != 0 ] || chown postgres "$work/pg"
  cluster=$work/pg/data; pgport=$(port)
  as_postgres "$pg/initdb" -D "$cluster" -A trust --data-checksums -U healthgrains >"$work/initdb.log" 2>&1
  as_postgres "$pg/pg_ctl" -D "$cluster" -w -l "$work/pg/log" -o "-p $pgport -k $work/pg -c listen_addresses=127.0.0.1" start >/dev/null || not_ok "PostgreSQL starts"
  as_postgres "$pg/createdb" -h 127.0.0.1 -p "$pgport" -U healthgrains healthgrains
  connection="Host=127.0.0.1;Port=$pgport;Database=healthgrains;Username=healthgrains"
  mkdir "$work/keys"; cp "$data"/*.pem "$data"/page-token.key "$work/keys"
  chmod 700 "$work/keys"
  start old "$work/keys" "$grpc" "$web" --store postgresql --postgresql "$connection" && ok "the old one makes the schema" || not_ok "the old one on PostgreSQL"
  older=$pid
  expect "through the old one" "$(submit new "$grpc" "$work/first")" "300 0"
  if start new "$work/keys" "$grpc2" "$web2" --store postgresql --postgresql "$connection"; then ok "the new one joins, and migrates"; else not_ok "the new one joins"; tail -2 "$work/server-$grpc2.log"; fi
  newer=$pid
  expect "through the new one, beside the old one" "$(submit new "$grpc2" "$work/second")" "300 0"
  "${new[@]}" generate --seed 77 --count 200 --patients 40 --out "$work/third" >/dev/null 2>&1
  got=$(submit new "$grpc" "$work/third")
  [ "$got" = "200 0" ] && ok "the old one goes on writing beside the new one" || note "the old one beside the new one: $got of 200; $(tail -1 "$work/submit.log")"
  # Contents that the new one wrote, checked by the old process: where it looks for them is part of the schema.
  "${old[@]}" verify --server "http://127.0.0.1:$grpc" --token "$operator" >"$work/verify.log" 2>&1 \
    && ok "the old process reads what the new one wrote" || note "the old process on what the new one wrote: $(tail -1 "$work/verify.log")"
  kill -9 "$older"; wait "$older" 2>/dev/null
  mkdir "$work/all2" && cp -r "$work/all" "$work/third" "$work/all2"
  expect "the old one killed: all is known to the new one" "$(submit new "$grpc2" "$work/all2")" "800 800"
  "${new[@]}" verify --server "http://127.0.0.1:$grpc2" --token "$operator" >"$work/verify.log" 2>&1 && ok "the new one verifies: $(tail -1 "$work/verify.log")" || not_ok "verify: $(tail -1 "$work/verify.log")"
  if start old "$work/keys" "$grpc" "$web" --store postgresql --postgresql "$connection"; then ok "back: an old one starts"; stop $pid
  else note "back: an old one does not start: $(tail -1 "$work/server-$grpc.log")"; fi
  stop "$newer"
fi
printf 'upgrade: %d passed, %d failed, %d noted\n' "$passed" "$failed" "$noted"
[ "$failed" = 0 ]
