package @package@;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import @package@.v1.@Name@Service;
import @package@.v1.@Name@ServiceRpc;
import @package@.v1.GreetRequest;
import io.fairlead.RpcException;
import io.fairlead.junit5.FairleadExtension;
import io.grpc.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Calls over a real connection. */
class HandlerTest {
  @RegisterExtension
  static final FairleadExtension FAIRLEAD =
      FairleadExtension.builder()
          .name("@name@")
          .service(@Name@ServiceRpc.bind(new Handler()))
          .build();

  private final @Name@Service service = @Name@ServiceRpc.client(FAIRLEAD.channel());

  private static GreetRequest request(String name) {
    return GreetRequest.newBuilder().setName(name).build();
  }

  @Test
  void aPersonIsGreetedByName() {
    assertEquals("Hello, Ada!", service.greet(request("Ada")).getText());
  }

  @Test
  void anEmptyNameIsRefused() {
    RpcException refused = assertThrows(RpcException.class, () -> service.greet(request(" ")));
    assertEquals(Status.Code.INVALID_ARGUMENT, refused.code());
  }
}
