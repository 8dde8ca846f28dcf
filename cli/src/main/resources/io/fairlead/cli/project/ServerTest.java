package @package@;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import @package@.v1.@Name@ServiceRpc;
import @package@.v1.GreetRequest;
import io.fairlead.client.RpcChannel;
import io.fairlead.server.RpcServer;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The server as it is deployed. */
class ServerTest {
  @Test
  void itServesOnThePortOfTheEnvironment() {
    try (RpcServer server = Server.builder(Map.of("PORT", "0")).start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      GreetRequest request = GreetRequest.newBuilder().setName("Ada").build();
      assertEquals("Hello, Ada!", @Name@ServiceRpc.client(channel).greet(request).getText());
    }
  }

  @Test
  void aPortThatIsNoneIsNamed() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> Server.builder(Map.of("PORT", "http")));
    assertEquals("PORT is \"http\"; use 0 to 65535", refused.getMessage());
  }
}
