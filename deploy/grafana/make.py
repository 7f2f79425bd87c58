#!/usr/bin/env python3
"""Writes healthgrains.json, the dashboard. Change the panels here: make.py > healthgrains.json"""
import json

UNITS = {"s": "s", "rate": "ops", "n": "short", "B": "bytes", "01": "short"}
ROWS = [
    ("Promises", [
        ("Documents accepted a second", "rate", [("healthgrains:submissions:rate1m", "{{cluster}}")]),
        ("Entries not routed yet, by shard", "n", [("min by (shard) (healthgrains_routing_lag{cluster=~\"$cluster\"})", "shard {{shard}}")]),
        ("Alarms of routing", "n", [("sum by (instance) (healthgrains_routing_alarms{cluster=~\"$cluster\"})", "{{instance}}")]),
        ("Refused submissions a second, by code", "rate", [("sum by (code) (rate(healthgrains_documents_refused_total{cluster=~\"$cluster\"}[5m]))", "{{code}}")]),
    ]),
    ("Callers", [
        ("99th percentile by method", "s", [("healthgrains:call_seconds:p99_5m{cluster=~\"$cluster\"}", "{{rpc_method}}")]),
        ("Calls a second by status", "rate", [("sum by (rpc_response_status_code) (rate(rpc_server_call_duration_seconds_count{cluster=~\"$cluster\"}[1m]))", "{{rpc_response_status_code}}")]),
        ("Calls refused because of load", "rate", [("sum by (instance) (rate(healthgrains_grains_calls_refused_total{cluster=~\"$cluster\"}[1m]))", "{{instance}}")]),
        ("Watchers", "n", [("sum by (what) (healthgrains_watchers{cluster=~\"$cluster\"})", "{{what}}")]),
        ("Connections", "n", [("healthgrains_rpc_connections{cluster=~\"$cluster\"}", "{{instance}}"), ("increase(healthgrains_rpc_connections_refused_total{cluster=~\"$cluster\"}[5m])", "refused {{instance}}")]),
        ("Bytes a second", "B", [("sum(rate(healthgrains_rpc_received_bytes_total{cluster=~\"$cluster\"}[1m]))", "in"), ("sum(rate(healthgrains_rpc_sent_bytes_total{cluster=~\"$cluster\"}[1m]))", "out")]),
    ]),
    ("Store", [
        ("Commit, 99th percentile", "s", [("healthgrains:commit_seconds:p99_5m{cluster=~\"$cluster\"}", "{{instance}}")]),
        ("Turns in one commit", "n", [("rate(healthgrains_journal_turns_total{cluster=~\"$cluster\"}[1m]) / rate(healthgrains_journal_commits_total{cluster=~\"$cluster\"}[1m])", "{{instance}}")]),
        ("Entries a second", "rate", [("sum by (cluster) (rate(healthgrains_journal_entries_total{cluster=~\"$cluster\"}[1m]))", "{{cluster}}")]),
        ("Conflicts and lost races a second", "rate", [("sum(rate(healthgrains_journal_conflicts_total{cluster=~\"$cluster\"}[5m]))", "conflicts"), ("sum(rate(healthgrains_grains_lost_races_total{cluster=~\"$cluster\"}[5m]))", "lost races")]),
        ("Refused by the store a second", "rate", [("sum(rate(healthgrains_journal_refused_total{cluster=~\"$cluster\"}[5m]))", "refused")]),
        ("Recoveries of grains a second", "rate", [("sum by (kind) (rate(healthgrains_grains_recovered_total{cluster=~\"$cluster\"}[5m]))", "{{kind}}")]),
    ]),
    ("Servers", [
        ("Ready", "01", [("healthgrains_ready{cluster=~\"$cluster\"}", "{{instance}}")]),
        ("Processor", "n", [("rate(process_cpu_seconds_total{job=\"healthgrains\",cluster=~\"$cluster\"}[1m])", "{{instance}}")]),
        ("Memory", "B", [("process_resident_memory_bytes{job=\"healthgrains\",cluster=~\"$cluster\"}", "{{instance}}"), ("dotnet_gc_heap_bytes{cluster=~\"$cluster\"}", "managed {{instance}}")]),
        ("Grains in memory", "n", [("sum by (kind) (healthgrains_grains_activations{cluster=~\"$cluster\"})", "{{kind}}")]),
        ("Calls waiting", "n", [("healthgrains_engine_calls_waiting{cluster=~\"$cluster\"}", "{{instance}}")]),
        ("Turns that failed, defects", "rate", [("sum(rate(healthgrains_grains_turn_failures_total{cluster=~\"$cluster\"}[5m]))", "failed"), ("sum(rate(healthgrains_grains_turn_bugs_total{cluster=~\"$cluster\"}[5m]))", "defects")]),
    ]),
]

panels, y, number = [], 0, 0
for title, row in ROWS:
    number += 1
    panels.append({"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": {"h": 1, "w": 24, "x": 0, "y": y}, "panels": []})
    y += 1
    for i, (name, unit, targets) in enumerate(row):
        number += 1
        panels.append({
            "id": number, "type": "timeseries", "title": name,
            "datasource": {"type": "prometheus", "uid": "${source}"},
            "gridPos": {"h": 7, "w": 8, "x": 8 * (i % 3), "y": y + 7 * (i // 3)},
            "fieldConfig": {"defaults": {"unit": UNITS[unit], "min": 0, "custom": {"fillOpacity": 10, "showPoints": "never"}}, "overrides": []},
            "options": {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}, "tooltip": {"mode": "multi", "sort": "desc"}},
            "targets": [{"refId": chr(65 + j), "expr": expr, "legendFormat": legend} for j, (expr, legend) in enumerate(targets)],
        })
    y += 7 * ((len(row) + 2) // 3)

print(json.dumps({
    "uid": "healthgrains", "title": "HealthGrains", "tags": ["healthgrains"], "schemaVersion": 39, "version": 1, "editable": True,
    "refresh": "30s", "time": {"from": "now-3h", "to": "now"}, "timezone": "utc", "annotations": {"list": []}, "links": [],
    "templating": {"list": [
        {"name": "source", "label": "Source", "type": "datasource", "query": "prometheus", "current": {}, "hide": 0},
        {"name": "cluster", "label": "Cluster", "type": "query", "datasource": {"type": "prometheus", "uid": "${source}"},
         "query": {"query": "label_values(healthgrains_ready, cluster)", "refId": "cluster"}, "includeAll": True, "multi": True, "refresh": 2,
         "allValue": ".*", "current": {}, "hide": 0},
    ]},
    "panels": panels,
}, indent=2))
