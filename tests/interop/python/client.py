#!/usr/bin/python3
"""The cases of Debian's python3-grpcio (the C core). Arguments and environment as in node/client.mjs."""

import argparse
import hashlib
import os
import time

import grpc

import harness
from harness import Documents, expect, expect_equal, run_cases

STUBS = harness.generate_stubs()

from google.rpc import status_pb2  # noqa: E402
from grpc.health.v1 import health_pb2, health_pb2_grpc  # noqa: E402
from grpc.reflection.v1 import reflection_pb2, reflection_pb2_grpc  # noqa: E402
from grpc.reflection.v1alpha import reflection_pb2 as reflection_alpha_pb2  # noqa: E402
from grpc.reflection.v1alpha import reflection_pb2_grpc as reflection_alpha_pb2_grpc  # noqa: E402
from healthgrains.v1 import (  # noqa: E402
    consents_pb2, consents_pb2_grpc, document_exchange_pb2, document_exchange_pb2_grpc, documents_pb2, identities_pb2,
    inbox_pb2, inbox_pb2_grpc, operations_pb2, operations_pb2_grpc, patient_records_pb2, patient_records_pb2_grpc)

UNARY_SECONDS = 15
Code = grpc.StatusCode

parser = argparse.ArgumentParser()
parser.add_argument("--server", required=True)
parser.add_argument("--files", required=True)
parser.add_argument("--only")
arguments = parser.parse_args()

documents = Documents(arguments.files)
print(f"# python grpcio {grpc.__version__}, HG_RUN={documents.run}", flush=True)
patient = identities_pb2.Patient(ins=documents.ins, oid=documents.oid)
channel = grpc.insecure_channel(arguments.server)
exchange = document_exchange_pb2_grpc.DocumentExchangeStub(channel)
records = patient_records_pb2_grpc.PatientRecordsStub(channel)
consents = consents_pb2_grpc.ConsentsStub(channel)
inbox = inbox_pb2_grpc.InboxStub(channel)
operations = operations_pb2_grpc.OperationsStub(channel)
professional_id = os.environ.get("HG_PROFESSIONAL", "")


def bearer(kind: str):
    return (("authorization", "Bearer " + os.environ.get(f"HG_TOKEN_{kind}", "")),)


PRODUCER, PATIENT, PROFESSIONAL, OPERATOR = map(bearer, ("PRODUCER", "PATIENT", "PROFESSIONAL", "OPERATOR"))


def submission(unique_id: str, content: bytes, **changes) -> document_exchange_pb2.SubmitRequest:
    """A CDA needs nothing but what its header can not say."""
    request = document_exchange_pb2.SubmitRequest(
        correlation_id=unique_id, content=content, sha256=hashlib.sha256(content).digest(), ins_qualified=True,
        metadata=documents_pb2.DocumentMetadata(confidentiality=[documents_pb2.NORMAL]),
        feeding_opposition=document_exchange_pb2.INO)
    request.ins_qualified_at.seconds = int(time.time()) - 3600
    for name, value in changes.items():
        setattr(request, name, value)
    return request


def submit(**options):
    unique_id, content = documents.next()
    answer = exchange.Submit(submission(unique_id, content), metadata=PRODUCER, timeout=UNARY_SECONDS, **options)
    return unique_id, content, answer.receipt


def details_of(error: grpc.RpcError):
    """What a refusal says in `grpc-status-details-bin`: ErrorInfo and the fields of BadRequest."""
    raw = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    expect(raw is not None, "grpc-status-details-bin is missing")
    status = status_pb2.Status.FromString(raw)
    info, fields = None, []
    for packed in status.details:
        if packed.Is(status_pb2.ErrorInfo.DESCRIPTOR):
            info = status_pb2.ErrorInfo.FromString(packed.value)
        if packed.Is(status_pb2.BadRequest.DESCRIPTOR):
            fields = [v.field for v in status_pb2.BadRequest.FromString(packed.value).field_violations]
    expect(info is not None, "ErrorInfo is missing")
    expect_equal(status.code, error.code().value[0], "google.rpc.Status.code")
    expect_equal(info.domain, "healthgrains", "ErrorInfo.domain")
    return info.reason, fields


def refused(call, code, reason=None):
    try:
        call()
    except grpc.RpcError as error:
        expect(error.code() == code, f"wanted {code.name}, got {error.code().name}: {error.details()}")
        if reason is None:
            return []
        actual, fields = details_of(error)
        expect_equal(actual, reason, "ErrorInfo.reason")
        return fields
    raise harness.Failed(f"wanted {code.name}, got OK")


def last_sequence() -> int:
    request = patient_records_pb2.GetRecordRequest(patient=patient)
    return records.GetRecord(request, metadata=PATIENT, timeout=UNARY_SECONDS).sequence


def watch(after: int, timeout: float = 30):
    request = patient_records_pb2.WatchRequest(patient=patient, after_sequence=after)
    return records.Watch(request, metadata=PATIENT, timeout=timeout)


def no_heartbeats(stream):
    return (item for item in stream if item.code != "HEARTBEAT")


def read(document_id: str, metadata):
    request = patient_records_pb2.ReadContentRequest(patient=patient, document_id=document_id)
    stream = records.ReadContent(request, metadata=metadata, timeout=UNARY_SECONDS)
    first = next(stream)
    expect_equal(first.WhichOneof("part"), "entry", "the first message")
    data = bytearray()
    for chunk in stream:
        expect_equal(chunk.offset, len(data), "offset")
        data += chunk.data
    return first.entry, bytes(data)


def authorize():
    request = consents_pb2.AuthorizeProfessionalRequest(
        patient=patient, holder=consents_pb2.Holder(professional_id=professional_id), basis=consents_pb2.Authorization.PATIENT)
    return consents.AuthorizeProfessional(request, metadata=PATIENT, timeout=UNARY_SECONDS)


def unauthenticated():
    refused(lambda: exchange.Submit(submission(*documents.next()), timeout=UNARY_SECONDS),
            Code.UNAUTHENTICATED, "NOT_AUTHENTICATED")


def submit_unary():
    unique_id, content, receipt = submit()
    expect_equal(receipt.unique_id, unique_id, "unique_id")
    expect_equal(receipt.sha256, hashlib.sha256(content).digest(), "sha256")
    repeated = exchange.Submit(submission(unique_id, content), metadata=PRODUCER, timeout=UNARY_SECONDS).receipt
    expect(repeated.already_known, "already_known is false")
    expect_equal(repeated.document_id, receipt.document_id, "document_id")


def refusal_with_details():
    request = submission(*documents.next())
    request.metadata.ClearField("confidentiality")
    fields = refused(lambda: exchange.Submit(request, metadata=PRODUCER, timeout=UNARY_SECONDS),
                     Code.INVALID_ARGUMENT, "METADATA_INVALID")
    expect("metadata.confidentiality" in fields, f"fields are {fields}")
    opposed = submission(*documents.next(), feeding_opposition=document_exchange_pb2.IO)
    refused(lambda: exchange.Submit(opposed, metadata=PRODUCER, timeout=UNARY_SECONDS),
            Code.FAILED_PRECONDITION, "FEEDING_OPPOSED")


def submit_many_pipelined():
    sent = dict(documents.next() for _ in range(300))
    results = exchange.SubmitMany((submission(u, c) for u, c in list(sent.items())), metadata=PRODUCER, timeout=30)
    for result in results:
        content = sent.pop(result.correlation_id, None)
        expect(content is not None, f"unknown or doubled correlation_id {result.correlation_id}")
        expect_equal(result.receipt.sha256, hashlib.sha256(content).digest(), "sha256")
    expect_equal(len(sent), 0, "requests without a result")


def watch_resumed_by_cursor():
    stream = watch(last_sequence())
    _, _, first = submit()
    _, _, second = submit()
    seen = next(c for c in no_heartbeats(stream) if c.document.document_id == first.document_id)
    stream.cancel()
    _, _, third = submit()
    resumed = watch(seen.sequence)
    wanted, sequence = [second.document_id, third.document_id], seen.sequence
    for change in no_heartbeats(resumed):
        sequence += 1
        expect_equal(change.sequence, sequence, "sequence")
        if change.document.document_id == wanted[0]:
            wanted.pop(0)
        if not wanted:
            break
    resumed.cancel()


def list_documents_by_pages():
    newest = {submit()[2].document_id for _ in range(3)}
    seen, token = [], ""
    for page_size in [2] + [200] * 50:
        page = records.ListDocuments(patient_records_pb2.ListDocumentsRequest(
            patient=patient, relevance=patient_records_pb2.ListDocumentsRequest.ALL, page_size=page_size, page_token=token),
            metadata=PATIENT, timeout=UNARY_SECONDS)
        seen += [d.document_id for d in page.documents]
        token = page.next_page_token
        if not token:
            break
    expect_equal(len(seen), len(set(seen)), "documents that are on one page only")
    expect(newest <= set(seen), "a submitted document is not listed")


def read_content():
    unique_id, content, receipt = submit()
    entry, data = read(receipt.document_id, PATIENT)
    expect_equal(entry.unique_id, unique_id, "unique_id")
    expect_equal(hashlib.sha256(data).digest(), receipt.sha256, "SHA-256 of the bytes")
    expect_equal(data, content, "the bytes")


def authorize_follow_inbox():
    authorize()
    inbox.Follow(inbox_pb2.FollowRequest(patient=patient), metadata=PROFESSIONAL, timeout=UNARY_SECONDS)
    after, more = 0, True
    while more:
        page = inbox.ReadInbox(inbox_pb2.ReadInboxRequest(after_sequence=after, page_size=200),
                               metadata=PROFESSIONAL, timeout=UNARY_SECONDS)
        after, more = page.next_sequence, page.has_more
    stream = inbox.WatchInbox(inbox_pb2.WatchInboxRequest(after_sequence=after), metadata=PROFESSIONAL, timeout=30)
    _, content, receipt = submit()
    for item in no_heartbeats(stream):
        after += 1
        expect_equal(item.sequence, after, "sequence")
        if item.document_id == receipt.document_id:
            break
    stream.cancel()
    expect_equal(read(receipt.document_id, PROFESSIONAL)[1], content, "the bytes")
    acknowledged = inbox.Acknowledge(inbox_pb2.AcknowledgeRequest(up_to_sequence=after), metadata=PROFESSIONAL,
                                     timeout=UNARY_SECONDS)
    expect_equal(acknowledged.acknowledged_sequence, after, "acknowledged_sequence")


def revocation_ends_reading():
    authorize()
    _, _, receipt = submit()
    read(receipt.document_id, PROFESSIONAL)
    consents.RevokeAuthorization(
        consents_pb2.RevokeAuthorizationRequest(patient=patient, holder=consents_pb2.Holder(professional_id=professional_id)),
        metadata=PATIENT, timeout=UNARY_SECONDS)
    refused(lambda: read(receipt.document_id, PROFESSIONAL), Code.PERMISSION_DENIED, "CONSENT_REQUIRED")


def deadline_of_a_stream():
    refused(lambda: list(watch(last_sequence(), timeout=1)), Code.DEADLINE_EXCEEDED)


def cancellation():
    stream = watch(last_sequence())
    stream.cancel()
    refused(lambda: list(stream), Code.CANCELLED)
    last_sequence()


def gzip_both_ways():
    unique_id, content = documents.next()
    receipt = exchange.Submit(submission(unique_id, content), metadata=PRODUCER, timeout=UNARY_SECONDS,
                              compression=grpc.Compression.Gzip).receipt
    expect_equal(receipt.sha256, hashlib.sha256(content).digest(), "sha256")
    stream = records.ReadContent(patient_records_pb2.ReadContentRequest(patient=patient, unique_id=unique_id),
                                 metadata=PATIENT, timeout=UNARY_SECONDS, compression=grpc.Compression.Gzip)
    expect_equal(b"".join(chunk.data for chunk in stream), content, "the bytes")


def metadata_limit():
    request = patient_records_pb2.GetRecordRequest(patient=patient)
    records.GetRecord(request, metadata=PATIENT + (("x-padding", "p" * 5 * 1024),), timeout=UNARY_SECONDS)
    refused(lambda: records.GetRecord(request, metadata=PATIENT + (("x-padding", "p" * 10 * 1024),), timeout=UNARY_SECONDS),
            Code.RESOURCE_EXHAUSTED)
    last_sequence()


def reflection(pb2, pb2_grpc):
    stub = pb2_grpc.ServerReflectionStub(channel)
    requests = [pb2.ServerReflectionRequest(list_services="*"),
                pb2.ServerReflectionRequest(file_containing_symbol="healthgrains.v1.SubmitRequest")]
    listed, files = stub.ServerReflectionInfo(iter(requests), timeout=UNARY_SECONDS)
    names = {service.name for service in listed.list_services_response.service}
    expect("healthgrains.v1.DocumentExchange" in names, f"services are {sorted(names)}")
    expect(any(b"SubmitRequest" in f for f in files.file_descriptor_response.file_descriptor_proto), "no descriptor")


def health():
    stub = health_pb2_grpc.HealthStub(channel)
    answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=UNARY_SECONDS)
    expect_equal(answer.status, health_pb2.HealthCheckResponse.SERVING, "the server")
    stream = stub.Watch(health_pb2.HealthCheckRequest(), timeout=UNARY_SECONDS)
    expect_equal(next(stream).status, health_pb2.HealthCheckResponse.SERVING, "the first message")
    stream.cancel()
    refused(lambda: stub.Check(health_pb2.HealthCheckRequest(service="no.such.Service"), timeout=UNARY_SECONDS), Code.NOT_FOUND)


def unknown_method():
    call = channel.unary_unary("/healthgrains.v1.PatientRecords/NoSuchMethod")
    refused(lambda: call(b"", metadata=PATIENT, timeout=UNARY_SECONDS), Code.UNIMPLEMENTED)


def parallel_calls():
    request = patient_records_pb2.GetRecordRequest(patient=patient)
    calls = [records.GetRecord.future(request, metadata=PATIENT, timeout=UNARY_SECONDS) for _ in range(150)]
    expect_equal(sum(1 for call in calls if call.result().sequence >= 0), 150, "answers")


def operator_status():
    answer = operations.GetStatus(operations_pb2.GetStatusRequest(), metadata=OPERATOR, timeout=UNARY_SECONDS)
    expect(len(answer.shards) > 0, "no shard")


def open_record():
    """Patient-side calls need an activated record; activating it again is a success."""
    try:
        consents.OpenRecord(consents_pb2.OpenRecordRequest(patient=patient, terms_version="2024-01"), metadata=PATIENT,
                            timeout=UNARY_SECONDS)
    except grpc.RpcError as error:
        if error.code() != Code.UNIMPLEMENTED:
            print(f"# OpenRecord: {error.code().name} {error.details()}", flush=True)


CASES = {
    "unauthenticated-call": unauthenticated,
    "submit-unary": submit_unary,
    "refusal-with-details": refusal_with_details,
    "submit-many-pipelined": submit_many_pipelined,
    "watch-resumed-by-cursor": watch_resumed_by_cursor,
    "list-documents-by-pages": list_documents_by_pages,
    "read-content": read_content,
    "authorize-follow-inbox": authorize_follow_inbox,
    "revocation-ends-reading": revocation_ends_reading,
    "deadline-of-a-stream": deadline_of_a_stream,
    "cancellation": cancellation,
    "gzip-both-ways": gzip_both_ways,
    "metadata-limit": metadata_limit,
    "reflection-v1": lambda: reflection(reflection_pb2, reflection_pb2_grpc),
    "reflection-v1alpha": lambda: reflection(reflection_alpha_pb2, reflection_alpha_pb2_grpc),
    "health-check-and-watch": health,
    "unknown-method": unknown_method,
    "parallel-calls": parallel_calls,
    "operator-status": operator_status,
}

open_record()
exit_code = run_cases(CASES, arguments.only)
channel.close()
STUBS.cleanup()
raise SystemExit(exit_code)
