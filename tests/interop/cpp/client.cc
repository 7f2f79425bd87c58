// The cases of Debian's libgrpc++ (the C core, the strictest client about metadata and framing). Arguments and environment
// as in node/client.mjs.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "google/rpc/status.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "healthgrains/v1/document_exchange.grpc.pb.h"
#include "healthgrains/v1/patient_records.grpc.pb.h"

namespace hg = healthgrains::v1;
using grpc::ClientContext;
using grpc::Status;
using grpc::StatusCode;

namespace {

void Expect(bool condition, const std::string& sentence) {
  if (!condition) throw std::runtime_error(sentence);
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Documents derived from one generated CDA file: the same file with another unique id is another document.
class Documents {
 public:
  explicit Documents(const std::string& directory) {
    std::set<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory))
      if (entry.path().extension() == ".xml") files.insert(entry.path());
    Expect(!files.empty(), "no .xml file in " + directory);
    std::ifstream in(*files.begin(), std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    text_ = all.str();

    // In a CDA header the first `id` element is the document's own.
    id_at_ = FindId(0);
    id_length_ = text_.find("/>", id_at_) + 2 - id_at_;
    for (auto at = id_at_; at != std::string::npos; at = FindId(at + 1)) {
      const auto element = text_.substr(at, text_.find("/>", at) - at);
      const auto root = Attribute(element, "root");
      if (root.rfind("1.2.250.1.213.1.4.", 0) == 0) {
        patient.set_oid(root);
        patient.set_ins(Attribute(element, "extension"));
        break;
      }
    }
    run = Environment("HG_RUN");
    if (run.empty()) run = std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
  }

  // A CDA needs nothing but what its header can not say.
  hg::SubmitRequest Next() {
    ++count_;
    char id[64];
    std::snprintf(id, sizeof id, "%08X-C0DE-4%03X-8000-%012llX", static_cast<unsigned>(std::hash<std::string>{}(run)),
                  static_cast<unsigned>(getpid() & 0xFFF), static_cast<unsigned long long>(count_));
    hg::SubmitRequest request;
    request.set_correlation_id(id);
    auto content = text_;
    content.replace(id_at_, id_length_, std::string("<id root=\"") + id + "\"/>");
    request.set_content(content);
    request.mutable_metadata()->add_confidentiality(hg::NORMAL);
    request.set_ins_qualified(true);
    request.mutable_ins_qualified_at()->set_seconds(std::time(nullptr) - 3600);
    request.set_feeding_opposition(hg::INO);
    return request;
  }

  hg::Patient patient;
  std::string run;

 private:
  size_t FindId(size_t from) const { return text_.find("<id ", from); }

  static std::string Attribute(const std::string& element, const std::string& name) {
    const auto begin = element.find(name + "=\"");
    if (begin == std::string::npos) return "";
    const auto value = begin + name.size() + 2;
    return element.substr(value, element.find('"', value) - value);
  }

  std::string text_;
  size_t id_at_ = 0;
  size_t id_length_ = 0;
  int count_ = 0;
};

class Cases {
 public:
  Cases(const std::string& server, const std::string& files)
      : documents(files),
        channel_(grpc::CreateChannel(server, grpc::InsecureChannelCredentials())),
        exchange_(hg::DocumentExchange::NewStub(channel_)),
        records_(hg::PatientRecords::NewStub(channel_)),
        health_(grpc::health::v1::Health::NewStub(channel_)) {}

  void SubmitUnary() {
    const auto request = documents.Next();
    const auto receipt = Submit(request);
    Expect(receipt.unique_id() == request.correlation_id(), "unique_id is " + receipt.unique_id());
    Expect(receipt.size() == static_cast<int64_t>(request.content().size()), "size differs");
    Expect(Submit(request).already_known(), "already_known is false");
  }

  void RefusalWithDetails() {
    auto request = documents.Next();
    request.mutable_metadata()->clear_confidentiality();
    ClientContext context;
    Prepare(context, "PRODUCER");
    hg::SubmitResponse response;
    const auto status = exchange_->Submit(&context, request, &response);
    Expect(status.error_code() == StatusCode::INVALID_ARGUMENT, "status is " + Text(status));
    google::rpc::Status details;
    Expect(details.ParseFromString(status.error_details()) && details.details_size() > 0, "no details");
    std::string reason, domain, field;
    for (const auto& any : details.details()) {
      google::rpc::ErrorInfo info;
      google::rpc::BadRequest bad;
      if (any.UnpackTo(&info)) {
        reason = info.reason();
        domain = info.domain();
      } else if (any.UnpackTo(&bad) && bad.field_violations_size() > 0) {
        field = bad.field_violations(0).field();
      }
    }
    Expect(reason == "METADATA_INVALID" && domain == "healthgrains", "ErrorInfo is " + reason + " " + domain);
    Expect(field == "metadata.confidentiality", "field is " + field);
  }

  void Unauthenticated() {
    ClientContext context;
    Prepare(context, "");
    hg::SubmitResponse response;
    const auto status = exchange_->Submit(&context, documents.Next(), &response);
    Expect(status.error_code() == StatusCode::UNAUTHENTICATED, "status is " + Text(status));
  }

  void SubmitManyPipelined() {
    ClientContext context;
    Prepare(context, "PRODUCER", 30);
    const auto stream = exchange_->SubmitMany(&context);
    std::vector<hg::SubmitRequest> requests;
    std::set<std::string> open;
    for (int i = 0; i < 300; ++i) {
      requests.push_back(documents.Next());
      open.insert(requests.back().correlation_id());
    }
    std::thread writer([&] {
      for (const auto& request : requests)
        if (!stream->Write(request)) break;
      stream->WritesDone();
    });
    hg::SubmitResult result;
    std::string wrong;
    while (stream->Read(&result))
      if (!result.has_receipt() || open.erase(result.correlation_id()) != 1) wrong = result.refusal().code() + " or doubled";
    writer.join();
    const auto status = stream->Finish();
    Expect(status.ok(), "status is " + Text(status));
    Expect(wrong.empty(), "a result is " + wrong);
    Expect(open.empty(), std::to_string(open.size()) + " requests without a result");
  }

  void WatchResumedByCursor() {
    const auto start = LastSequence();
    const auto first = Submit(documents.Next());
    const auto second = Submit(documents.Next());
    const auto seen = WatchUntil(start, first.document_id());
    Expect(WatchUntil(seen, second.document_id()) > seen, "the cursor went backwards");
  }

  void ReadContent() {
    const auto request = documents.Next();
    const auto receipt = Submit(request);
    ClientContext context;
    Prepare(context, "PATIENT");
    hg::ReadContentRequest read;
    *read.mutable_patient() = documents.patient;
    read.set_document_id(receipt.document_id());
    const auto stream = records_->ReadContent(&context, read);
    hg::ContentChunk chunk;
    Expect(stream->Read(&chunk) && chunk.has_entry(), "the first message is not the entry");
    std::string bytes;
    while (stream->Read(&chunk)) bytes += chunk.data();
    const auto status = stream->Finish();
    Expect(status.ok(), "status is " + Text(status));
    Expect(bytes == request.content(), "the bytes differ");
  }

  void Deadline() {
    ClientContext context;
    const auto after = LastSequence();
    Prepare(context, "PATIENT", 1);
    const auto status = Drain(context, after);
    Expect(status.error_code() == StatusCode::DEADLINE_EXCEEDED, "status is " + Text(status));
  }

  void Cancellation() {
    ClientContext context;
    const auto after = LastSequence();
    Prepare(context, "PATIENT");
    std::thread canceller([&] { context.TryCancel(); });
    const auto status = Drain(context, after);
    canceller.join();
    Expect(status.error_code() == StatusCode::CANCELLED, "status is " + Text(status));
    LastSequence();
  }

  void GzipRequest() {
    const auto request = documents.Next();
    ClientContext context;
    Prepare(context, "PRODUCER");
    context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    hg::SubmitResponse response;
    const auto status = exchange_->Submit(&context, request, &response);
    Expect(status.ok(), "status is " + Text(status));
    Expect(response.receipt().size() == static_cast<int64_t>(request.content().size()), "size differs");
  }

  void MetadataLimit() {
    for (const auto& [size, wanted] : {std::pair<size_t, StatusCode>{5 * 1024, StatusCode::OK},
                                       {10 * 1024, StatusCode::RESOURCE_EXHAUSTED}, {1, StatusCode::OK}}) {
      ClientContext context;
      Prepare(context, "PATIENT");
      context.AddMetadata("x-padding", std::string(size, 'p'));
      hg::GetRecordRequest request;
      *request.mutable_patient() = documents.patient;
      hg::GetRecordResponse response;
      const auto status = records_->GetRecord(&context, request, &response);
      Expect(status.error_code() == wanted, std::to_string(size) + " bytes: status is " + Text(status));
    }
  }

  void Health() {
    ClientContext context;
    Prepare(context, "");
    grpc::health::v1::HealthCheckResponse response;
    const auto status = health_->Check(&context, {}, &response);
    Expect(status.ok() && response.status() == grpc::health::v1::HealthCheckResponse::SERVING, "status is " + Text(status));
  }

  Documents documents;

 private:
  static std::string Text(const Status& status) {
    return std::to_string(status.error_code()) + " " + status.error_message();
  }

  // Every call has a deadline, so that no case can hang.
  static void Prepare(ClientContext& context, const std::string& kind, int seconds = 15) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(seconds));
    if (!kind.empty()) context.AddMetadata("authorization", "Bearer " + Environment(("HG_TOKEN_" + kind).c_str()));
  }

  hg::Receipt Submit(const hg::SubmitRequest& request) {
    ClientContext context;
    Prepare(context, "PRODUCER");
    hg::SubmitResponse response;
    const auto status = exchange_->Submit(&context, request, &response);
    Expect(status.ok(), "Submit: " + Text(status));
    return response.receipt();
  }

  int64_t LastSequence() {
    ClientContext context;
    Prepare(context, "PATIENT");
    hg::GetRecordRequest request;
    *request.mutable_patient() = documents.patient;
    hg::GetRecordResponse response;
    const auto status = records_->GetRecord(&context, request, &response);
    Expect(status.ok(), "GetRecord: " + Text(status));
    return response.sequence();
  }

  // Watches from after a cursor until the change about a document, checking that no sequence is skipped.
  int64_t WatchUntil(int64_t after, const std::string& document_id) {
    ClientContext context;
    Prepare(context, "PATIENT");
    hg::WatchRequest request;
    *request.mutable_patient() = documents.patient;
    request.set_after_sequence(after);
    const auto stream = records_->Watch(&context, request);
    hg::RecordChange change;
    int64_t found = 0;
    while (found == 0 && stream->Read(&change)) {
      if (change.code() == "HEARTBEAT") continue;
      ++after;
      if (change.sequence() != after) break;
      if (change.document().document_id() == document_id) found = change.sequence();
    }
    context.TryCancel();
    const auto status = stream->Finish();
    Expect(found > 0, "the change did not come, or a sequence was skipped: " + Text(status));
    return found;
  }

  // Watches until the stream ends.
  Status Drain(ClientContext& context, int64_t after) {
    hg::WatchRequest request;
    *request.mutable_patient() = documents.patient;
    request.set_after_sequence(after);
    const auto stream = records_->Watch(&context, request);
    hg::RecordChange change;
    while (stream->Read(&change)) {
    }
    return stream->Finish();
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<hg::DocumentExchange::Stub> exchange_;
  std::unique_ptr<hg::PatientRecords::Stub> records_;
  std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> arguments;
  for (int i = 1; i + 1 < argc; i += 2) arguments[argv[i]] = argv[i + 1];
  if (arguments["--server"].empty() || arguments["--files"].empty()) {
    std::cerr << "usage: --server HOST:PORT --files DIR [--only CASE]\n";
    return 2;
  }
  Cases cases(arguments["--server"], arguments["--files"]);
  std::cout << "# libgrpc++ " << grpc::Version() << ", HG_RUN=" << cases.documents.run << std::endl;
  const std::vector<std::pair<std::string, void (Cases::*)()>> all = {
      {"unauthenticated-call", &Cases::Unauthenticated},
      {"submit-unary", &Cases::SubmitUnary},
      {"refusal-with-details", &Cases::RefusalWithDetails},
      {"submit-many-pipelined", &Cases::SubmitManyPipelined},
      {"watch-resumed-by-cursor", &Cases::WatchResumedByCursor},
      {"read-content", &Cases::ReadContent},
      {"deadline-of-a-stream", &Cases::Deadline},
      {"cancellation", &Cases::Cancellation},
      {"gzip-request", &Cases::GzipRequest},
      {"metadata-limit", &Cases::MetadataLimit},
      {"health-check", &Cases::Health},
  };
  int passed = 0;
  int failed = 0;
  for (const auto& [name, run] : all) {
    if (!arguments["--only"].empty() && arguments["--only"] != name) continue;
    try {
      (cases.*run)();
      ++passed;
      std::cout << "ok " << name << std::endl;
    } catch (const std::exception& error) {
      ++failed;
      std::cout << "not ok " << name << " " << error.what() << std::endl;
    }
  }
  std::cout << passed << " passed, " << failed << " failed" << std::endl;
  return failed == 0 && passed > 0 ? 0 : 1;
}
