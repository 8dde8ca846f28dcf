package @package@;

import @package@.v1.@Name@Service;
import @package@.v1.GreetRequest;
import @package@.v1.GreetResponse;
import io.fairlead.RpcException;
import io.grpc.Status;

/** Answers the calls. A handler may block. */
final class Handler implements @Name@Service {
  @Override
  public GreetResponse greet(GreetRequest request) {
    if (request.getName().isBlank()) {
      throw RpcException.answer(Status.Code.INVALID_ARGUMENT, "name is empty");
    }
    return GreetResponse.newBuilder().setText("Hello, " + request.getName() + "!").build();
  }
}
