// The contract depot.v1 in C++, on the stock library: the server. Ends when its input does.

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <iostream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "depot/v1/depot.grpc.pb.h"

namespace {

using depot::v1::Failure;
using depot::v1::ForwardReply;
using depot::v1::ForwardRequest;
using depot::v1::HoldRequest;
using depot::v1::Item;
using depot::v1::ListRequest;
using depot::v1::RefillReply;
using depot::v1::RefillRequest;
using depot::v1::ReleasedReply;
using depot::v1::StoreReply;
using depot::v1::StoreRequest;
using depot::v1::Summary;
using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;
using std::chrono::milliseconds;
using std::chrono::system_clock;

constexpr int kLargest = 32 << 20;

Status Fail(const Failure& wanted) {
  google::rpc::ErrorInfo info;
  info.set_reason(wanted.reason());
  info.set_domain("depot.example");
  (*info.mutable_metadata())["shelf"] = "7";
  google::rpc::BadRequest request;
  auto* violation = request.add_field_violations();
  violation->set_field(wanted.field());
  violation->set_description("is wrong");
  google::rpc::Status status;
  status.set_code(wanted.code());
  status.set_message(wanted.message());
  status.add_details()->PackFrom(info);
  status.add_details()->PackFrom(request);
  return Status(static_cast<StatusCode>(wanted.code()), wanted.message(), status.SerializeAsString());
}

int64_t Remaining(ServerContext* context) {
  if (context->deadline() == system_clock::time_point::max()) {
    return -1;
  }
  return std::chrono::duration_cast<milliseconds>(context->deadline() - system_clock::now()).count();
}

class Depot final : public depot::v1::Depot::Service {
 public:
  explicit Depot(std::string name) : name_(std::move(name)) {}

  Status Store(ServerContext* context, const StoreRequest* request, StoreReply* reply) override {
    for (const char* key : {"depot-text", "depot-trace-bin"}) {
      auto values = context->client_metadata().equal_range(key);
      for (auto each = values.first; each != values.second; ++each) {
        std::string value(each->second.data(), each->second.size());
        context->AddInitialMetadata(key, value);
        context->AddTrailingMetadata(key, value);
      }
    }
    if (request->has_failure()) {
      return Fail(request->failure());
    }
    uint64_t sum = 0;
    for (unsigned char byte : request->payload()) {
      sum += byte;
    }
    std::string payload(request->reply_bytes(), '\0');
    for (size_t i = 0; i < payload.size(); ++i) {
      payload[i] = static_cast<char>(i % 251);
    }
    reply->set_server(name_);
    reply->set_text(request->text());
    reply->set_payload(payload);
    reply->set_payload_sum(sum);
    reply->set_remaining_ms(Remaining(context));
    return Status::OK;
  }

  Status Pack(ServerContext* context, const StoreRequest* request, StoreReply* reply) override {
    context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
    return Store(context, request, reply);
  }

  Status List(ServerContext*, const ListRequest* request, grpc::ServerWriter<Item>* writer) override {
    Item item;
    for (uint32_t i = 0; i < request->count(); ++i) {
      item.set_number(i);
      if (!writer->Write(item)) {
        return Status::CANCELLED;
      }
    }
    return request->has_failure() ? Fail(request->failure()) : Status::OK;
  }

  Status Deliver(ServerContext*, grpc::ServerReader<Item>* reader, Summary* summary) override {
    Item item;
    while (reader->Read(&item)) {
      summary->set_count(summary->count() + 1);
      summary->set_total(summary->total() + item.number());
    }
    return Status::OK;
  }

  Status Exchange(ServerContext*, grpc::ServerReaderWriter<Item, Item>* stream) override {
    Item item;
    while (stream->Read(&item)) {
      item.set_number(2 * item.number());
      if (!stream->Write(item)) {
        return Status::CANCELLED;
      }
    }
    return Status::OK;
  }

  Status Hold(ServerContext* context, const HoldRequest* request, grpc::ServerWriter<Item>* writer) override {
    writer->Write(Item());
    return UntilEnded(context, request->id());
  }

  Status Stall(ServerContext* context, const HoldRequest* request, Item*) override {
    return UntilEnded(context, request->id());
  }

  Status Released(ServerContext* context, const HoldRequest* request, ReleasedReply*) override {
    std::unique_lock<std::mutex> lock(mutex_);
    while (ended_.count(request->id()) == 0) {
      if (context->IsCancelled()) {
        return Status::CANCELLED;
      }
      changed_.wait_for(lock, milliseconds(100));
    }
    return Status::OK;
  }

  Status Forward(ServerContext* context, const ForwardRequest* request, ForwardReply* reply) override {
    if (request->targets_size() > 0) {
      return Status(StatusCode::UNIMPLEMENTED, "this server is the last one of a chain");
    }
    if (!request->hold_id().empty()) {
      return UntilEnded(context, request->hold_id());
    }
    auto* leg = reply->add_legs();
    leg->set_server(name_);
    leg->set_remaining_ms(Remaining(context));
    return Status::OK;
  }

  Status Refill(ServerContext* context, const RefillRequest* request, RefillReply* reply) override {
    uint32_t asked;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      asked = ++asked_[request->id()];
    }
    if (asked <= request->failures()) {
      return Status(StatusCode::UNAVAILABLE, "asked " + std::to_string(asked) + " times");
    }
    reply->set_asked(asked);
    auto previous = context->client_metadata().find("grpc-previous-rpc-attempts");
    if (previous != context->client_metadata().end()) {
      reply->set_previous_attempts(std::string(previous->second.data(), previous->second.size()));
    }
    return Status::OK;
  }

 private:
  // The synchronous server tells of a cancellation only when asked.
  Status UntilEnded(ServerContext* context, const std::string& id) {
    while (!context->IsCancelled()) {
      std::this_thread::sleep_for(milliseconds(10));
    }
    std::lock_guard<std::mutex> lock(mutex_);
    ended_.insert(id);
    changed_.notify_all();
    return Status::CANCELLED;
  }

  const std::string name_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, uint32_t> asked_;
  std::set<std::string> ended_;
};

}  // namespace

int main(int argc, char** argv) {
  Depot service(argc > 1 ? argv[1] : "cpp");
  int port = 0;
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kLargest);
  builder.SetMaxSendMessageSize(kLargest);
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  auto server = builder.BuildAndStart();
  std::cout << "listening on " << port << std::endl;
  std::string rest((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
  server->Shutdown(system_clock::now());
  return 0;
}
