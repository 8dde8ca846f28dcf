// The echo of the bench on gRPC for C++, by its callback API and with its defaults.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>

#include "fairlead/bench/v1/bench.grpc.pb.h"

namespace {

using fairlead::bench::v1::Echo;
using fairlead::bench::v1::Payload;

class Server final : public Echo::CallbackService {
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, const Payload* request,
                                  Payload* response) override {
    *response = *request;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

int main() {
  Server service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  std::cout << "@port=" << port << std::endl;
  // No count of what was allocated: the allocator keeps none.
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << "@cpu=0 allocated=0 compiling=0" << std::endl;
  }
  server->Shutdown();
}
