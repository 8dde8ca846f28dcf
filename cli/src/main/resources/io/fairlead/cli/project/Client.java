package @package@;

import @package@.v1.@Name@Service;
import @package@.v1.@Name@ServiceRpc;
import @package@.v1.GreetRequest;
import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;

/** Makes one call: {@code Client TARGET NAME}. */
public final class Client {
  private Client() {}

  public static void main(String[] args) {
    String target = args.length > 0 ? args[0] : "127.0.0.1:50051";
    String name = args.length > 1 ? args[1] : "world";
    // An application opens one channel for each service that it calls, and keeps it open.
    try (RpcChannel channel = RpcChannel.to(target).build()) {
      @Name@Service service = @Name@ServiceRpc.client(channel);
      System.out.println(
          service.greet(GreetRequest.newBuilder().setName(name).build()).getText());
    } catch (RpcException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }
}
