package @package@;

import static org.junit.jupiter.api.Assertions.assertEquals;

import @package@.v1.@Name@ServiceRpc;
import @package@.v1.GreetRequest;
import io.fairlead.client.RpcChannel;
import io.fairlead.server.RpcServer;
import io.fairlead.starter.Settings;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The server as it is deployed. */
class ServerTest {
  @Test
  void itServesOnThePortOfTheEnvironment() {
    Settings settings = Settings.of(Map.of("FAIRLEAD_PORT", "0"));
    try (RpcServer server = Server.builder(settings).start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      GreetRequest request = GreetRequest.newBuilder().setName("Ada").build();
      assertEquals("Hello, Ada!", @Name@ServiceRpc.client(channel).greet(request).getText());
    }
  }
}
