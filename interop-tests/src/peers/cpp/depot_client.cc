// The contract depot.v1 in C++, on the stock library: a client that runs the cases of the matrix.
// Prints "RESULT <case> pass" or "RESULT <case> fail <why>" for each case.

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

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
using grpc::ClientContext;
using grpc::Status;
using grpc::StatusCode;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr seconds kCeiling(60);
// What the contract says of Stall, less what clocks may differ.
constexpr milliseconds kStallLimit(2950);
// A sender may round a timeout up in its header.
constexpr int64_t kMostMillis = 62000;
constexpr int kLargest = 32 << 20;
const char kMessage[] = "7 % of \t the shelf: größer als 世界";
const std::vector<std::string> kTexts = {"first one", "second, with a comma", "~!@#$%^&*()"};

struct Args {
  std::string target, packed, next, config;
};

using Stub = depot::v1::Depot::Stub;
using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

template <typename T>
void Expect(const char* what, const T& got, const T& wanted) {
  if (got != wanted) {
    std::ostringstream text;
    text << what << " is " << got << ", not " << wanted;
    throw std::runtime_error(text.str());
  }
}

void Demand(bool good, const std::string& why) {
  if (!good) {
    throw std::runtime_error(why);
  }
}

void Succeeds(const Status& status) {
  Demand(status.ok(), "the call failed with " + std::to_string(status.error_code()) + " " + status.error_message());
}

void ExpectCode(const Status& status, StatusCode code) {
  Expect("the code", static_cast<int>(status.error_code()), static_cast<int>(code));
}

std::unique_ptr<Stub> Dial(const std::string& target, const std::string& config = "") {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kLargest);
  if (!config.empty()) {
    arguments.SetServiceConfigJSON(config);
  }
  return depot::v1::Depot::NewStub(grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments));
}

struct Within : ClientContext {
  explicit Within(milliseconds limit = kCeiling) { set_deadline(system_clock::now() + limit); }
};

std::string NewId(const std::string& what) {
  return "cpp-" + what + "-" + std::to_string(system_clock::now().time_since_epoch().count());
}

void Unary(Stub& stub, const Args&) {
  Within context;
  StoreRequest request;
  StoreReply reply;
  request.set_text("Grüße, 世界");
  Succeeds(stub.Store(&context, request, &reply));
  Expect("text", reply.text(), request.text());
}

int64_t Receive(grpc::ClientReader<Item>& reader) {
  Item item;
  int64_t count = 0;
  for (; reader.Read(&item); ++count) {
    Expect("the number of an item", static_cast<int64_t>(item.number()), count);
  }
  return count;
}

void ServerStreaming(Stub& stub, const Args&) {
  Within context;
  ListRequest request;
  request.set_count(1000);
  auto reader = stub.List(&context, request);
  Expect<int64_t>("the count", Receive(*reader), 1000);
  Succeeds(reader->Finish());
}

Summary Deliver(Stub& stub, int count) {
  Within context;
  Summary summary;
  Item item;
  auto writer = stub.Deliver(&context, &summary);
  for (int i = 0; i < count; ++i) {
    item.set_number(i);
    writer->Write(item);
  }
  writer->WritesDone();
  Succeeds(writer->Finish());
  return summary;
}

void ClientStreaming(Stub& stub, const Args&) {
  Summary summary = Deliver(stub, 1000);
  Expect<int64_t>("the count", summary.count(), 1000);
  Expect<int64_t>("the total", summary.total(), 499500);
}

void BidiStreaming(Stub& stub, const Args&) {
  Within context;
  Item item;
  auto stream = stub.Exchange(&context);
  for (int i = 0; i < 100; ++i) {
    item.set_number(i);
    stream->Write(item);
    Demand(stream->Read(&item), "the stream ended early");
    Expect<int64_t>("the answer", item.number(), 2 * i);
  }
  stream->WritesDone();
  Demand(!stream->Read(&item), "an answer too many");
  Succeeds(stream->Finish());
}

void EmptyStreams(Stub& stub, const Args&) {
  Within list;
  auto reader = stub.List(&list, ListRequest());
  Expect<int64_t>("the list", Receive(*reader), 0);
  Succeeds(reader->Finish());
  Expect<int64_t>("the count", Deliver(stub, 0).count(), 0);
  Within exchange;
  Item item;
  auto stream = stub.Exchange(&exchange);
  stream->WritesDone();
  Demand(!stream->Read(&item), "an answer to nothing");
  Succeeds(stream->Finish());
}

std::vector<std::string> Bins() {
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all.push_back(static_cast<char>(i));
  }
  return {all, std::string(1, '\0'), "\xff\xfe\xfd"};
}

void Echoed(Stub& stub, ClientContext& context) {
  for (const auto& text : kTexts) {
    context.AddMetadata("depot-text", text);
  }
  for (const auto& bytes : Bins()) {
    context.AddMetadata("depot-trace-bin", bytes);
  }
  StoreReply reply;
  Succeeds(stub.Store(&context, StoreRequest(), &reply));
}

std::vector<std::string> Values(const Metadata& metadata, const char* key) {
  std::vector<std::string> values;
  auto range = metadata.equal_range(key);
  for (auto each = range.first; each != range.second; ++each) {
    values.emplace_back(each->second.data(), each->second.size());
  }
  return values;
}

// Several text values may come as one, joined by commas.
std::string Flat(const std::vector<std::string>& values) {
  std::string all;
  for (const auto& value : values) {
    all += (all.empty() ? "" : ",") + value;
  }
  for (size_t at = all.find(", "); at != std::string::npos; at = all.find(", ")) {
    all.replace(at, 2, ",");
  }
  return all;
}

void HasTexts(const Metadata& metadata) {
  Expect("depot-text", Flat(Values(metadata, "depot-text")), Flat(kTexts));
}

void HasBins(const Metadata& metadata) {
  auto values = Values(metadata, "depot-trace-bin");
  Demand(values == Bins(), "depot-trace-bin has " + std::to_string(values.size()) + " values, or other ones");
}

void TextMetadata(Stub& stub, const Args&) {
  Within context;
  Echoed(stub, context);
  HasTexts(context.GetServerInitialMetadata());
}

void BinaryMetadata(Stub& stub, const Args&) {
  Within context;
  Echoed(stub, context);
  HasBins(context.GetServerInitialMetadata());
}

void Trailers(Stub& stub, const Args&) {
  Within context;
  Echoed(stub, context);
  HasTexts(context.GetServerTrailingMetadata());
  HasBins(context.GetServerTrailingMetadata());
}

void Want(Failure* wanted, StatusCode code) {
  wanted->set_code(code);
  wanted->set_message(kMessage);
  wanted->set_reason("SHELF_EMPTY");
  wanted->set_field("sku");
}

void Describes(const Status& failure, StatusCode code) {
  ExpectCode(failure, code);
  Expect<std::string>("the message", failure.error_message(), kMessage);
  google::rpc::Status status;
  Demand(status.ParseFromString(failure.error_details()), "the details are no google.rpc.Status");
  Expect("the number of details", status.details_size(), 2);
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest request;
  Demand(status.details(0).UnpackTo(&info) && status.details(1).UnpackTo(&request), "other details");
  Expect<std::string>("reason", info.reason(), "SHELF_EMPTY");
  Expect<std::string>("domain", info.domain(), "depot.example");
  Expect<std::string>("shelf", info.metadata().at("shelf"), "7");
  Expect<std::string>("field", request.field_violations(0).field(), "sku");
  Expect<std::string>("description", request.field_violations(0).description(), "is wrong");
}

void ErrorDetails(Stub& stub, const Args&) {
  Within context;
  StoreRequest request;
  StoreReply reply;
  Want(request.mutable_failure(), StatusCode::FAILED_PRECONDITION);
  Describes(stub.Store(&context, request, &reply), StatusCode::FAILED_PRECONDITION);
}

void StreamError(Stub& stub, const Args&) {
  Within context;
  ListRequest request;
  request.set_count(3);
  Want(request.mutable_failure(), StatusCode::ABORTED);
  auto reader = stub.List(&context, request);
  Expect<int64_t>("items before the failure", Receive(*reader), 3);
  Describes(reader->Finish(), StatusCode::ABORTED);
}

void DeadlineSeen(Stub& stub, const Args&) {
  ClientContext none;
  StoreReply reply;
  Succeeds(stub.Store(&none, StoreRequest(), &reply));
  Expect<int64_t>("time left without a deadline", reply.remaining_ms(), -1);
  Within context;
  Succeeds(stub.Store(&context, StoreRequest(), &reply));
  int64_t left = reply.remaining_ms();
  Demand(left > 0 && left <= kMostMillis, "the server had " + std::to_string(left) + " ms left");
}

void Released(Stub& stub, const std::string& id) {
  Within context;
  HoldRequest request;
  ReleasedReply reply;
  request.set_id(id);
  Succeeds(stub.Released(&context, request, &reply));
}

void DeadlineExpires(Stub& stub, const Args&) {
  Within context(seconds(2));
  HoldRequest request;
  Item item;
  request.set_id(NewId("deadline"));
  auto reader = stub.Hold(&context, request);
  while (reader->Read(&item)) {
  }
  ExpectCode(reader->Finish(), StatusCode::DEADLINE_EXCEEDED);
  Released(stub, request.id());
}

void Cancellation(Stub& stub, const Args&) {
  Within context;
  HoldRequest request;
  Item item;
  request.set_id(NewId("cancel"));
  auto reader = stub.Hold(&context, request);
  Demand(reader->Read(&item), "no item came");
  context.TryCancel();
  Demand(!reader->Read(&item), "an item came");
  ExpectCode(reader->Finish(), StatusCode::CANCELLED);
  Released(stub, request.id());
}

using Method = Status (Stub::*)(ClientContext*, const StoreRequest&, StoreReply*);

void Transfer(Stub& stub, ClientContext& context, Method method, int size) {
  StoreRequest request;
  StoreReply reply;
  uint64_t sum = 0;
  std::string payload(size, '\0');
  for (int i = 0; i < size; ++i) {
    payload[i] = static_cast<char>(i % 251);
    sum += i % 251;
  }
  request.set_payload(payload);
  request.set_reply_bytes(size);
  Succeeds((stub.*method)(&context, request, &reply));
  Demand(reply.payload() == payload, "the reply has " + std::to_string(reply.payload().size()) + " bytes, or others");
  Expect<uint64_t>("the sum of the bytes", reply.payload_sum(), sum);
}

void Compression(Stub&, const Args& args) {
  Within context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  auto stub = Dial(args.packed);
  Transfer(*stub, context, &Stub::Pack, 1 << 20);
}

void LargeMessages(Stub& stub, const Args&) {
  Within context;
  Transfer(stub, context, &Stub::Store, 8 << 20);
}

// This program, the target, and the last one.
void DeadlineThreeHops(Stub& stub, const Args& args) {
  Within context;
  ForwardRequest request;
  ForwardReply reply;
  request.add_targets(args.next);
  Succeeds(stub.Forward(&context, request, &reply));
  Expect("the number of legs", reply.legs_size(), 2);
  int64_t first = reply.legs(0).remaining_ms();
  int64_t second = reply.legs(1).remaining_ms();
  Demand(second > 0 && second <= first && first <= kMostMillis,
         "the time left was " + std::to_string(first) + " ms, then " + std::to_string(second));
  Within brief(seconds(3));
  request.set_hold_id(NewId("hops"));
  ExpectCode(stub.Forward(&brief, request, &reply), StatusCode::DEADLINE_EXCEEDED);
  Released(*Dial(args.next), request.hold_id());
}

void ConfigRetry(Stub&, const Args& args) {
  ClientContext context;
  RefillRequest request;
  RefillReply reply;
  request.set_id(NewId("refill"));
  request.set_failures(2);
  Succeeds(Dial(args.target, args.config)->Refill(&context, request, &reply));
  Expect<int64_t>("the server was asked", reply.asked(), 3);
  Expect<std::string>("grpc-previous-rpc-attempts", reply.previous_attempts(), "2");
}

// How long a call took that has no limit but the contract's.
milliseconds Stalled(Stub& stub, const Args& args) {
  ClientContext context;
  HoldRequest request;
  Item item;
  request.set_id(NewId("stall"));
  auto own = Dial(args.target, args.config);
  auto start = steady_clock::now();
  Status status = own->Stall(&context, request, &item);
  auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
  ExpectCode(status, StatusCode::DEADLINE_EXCEEDED);
  Released(stub, request.id());
  return took;
}

void ConfigDeadline(Stub& stub, const Args& args) { Stalled(stub, args); }

void ConfigDeadlineNotEarly(Stub& stub, const Args& args) {
  milliseconds took = Stalled(stub, args);
  Demand(took >= kStallLimit, "the deadline came after " + std::to_string(took.count()) + " ms");
}

const std::vector<std::pair<std::string, std::function<void(Stub&, const Args&)>>> kCases = {
    {"unary", Unary},
    {"server_streaming", ServerStreaming},
    {"client_streaming", ClientStreaming},
    {"bidi_streaming", BidiStreaming},
    {"empty_streams", EmptyStreams},
    {"text_metadata", TextMetadata},
    {"binary_metadata", BinaryMetadata},
    {"trailers", Trailers},
    {"error_details", ErrorDetails},
    {"stream_error", StreamError},
    {"deadline_seen", DeadlineSeen},
    {"deadline_expires", DeadlineExpires},
    {"cancellation", Cancellation},
    {"compression", Compression},
    {"large_messages", LargeMessages},
    {"deadline_three_hops", DeadlineThreeHops},
    {"config_retry", ConfigRetry},
    {"config_deadline", ConfigDeadline},
    {"config_deadline_not_early", ConfigDeadlineNotEarly},
};

}  // namespace

int main(int argc, char** argv) {
  Args args;
  std::string only;
  std::map<std::string, std::string*> options = {
      {"--target", &args.target}, {"--packed", &args.packed}, {"--next", &args.next}, {"--cases", &only}};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string(argv[i]) == "--config") {
      std::ifstream file(argv[i + 1]);
      args.config.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    } else {
      *options.at(argv[i]) = argv[i + 1];
    }
  }
  auto stub = Dial(args.target);
  for (const auto& each : kCases) {
    if (!only.empty() && ("," + only + ",").find("," + each.first + ",") == std::string::npos) {
      continue;
    }
    std::string verdict = "pass";
    try {
      each.second(*stub, args);
    } catch (const std::exception& error) {
      verdict = std::string("fail ") + error.what();
      std::replace(verdict.begin(), verdict.end(), '\n', ' ');
    }
    std::cout << "RESULT " << each.first << " " << verdict << std::endl;
  }
  return 0;
}
