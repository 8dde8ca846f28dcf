package io.fairlead.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.client.RpcChannel;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.server.RpcServer;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;

/** The stacks on docs/interceptors-and-observers.md are those that are printed. */
class InterceptorsPageTest {
  private static final String RESERVE = "shop.v1.Inventory/Reserve";

  @Test
  void theStackOfAChannelIsAsShown() throws IOException {
    try (RpcChannel channel =
        RpcChannel.to("dns:///inventory:50051")
            .service(InventoryRpc.service())
            .policy(
                RESERVE,
                MethodPolicy.builder()
                    .deadline(Duration.ofSeconds(1))
                    .breaker(CircuitBreakerPolicy.standard())
                    .build())
            .fallback(InventoryRpc.RESERVE, (request, failure) -> Reservation.getDefaultInstance())
            .intercept(new TenantHeader())
            .interceptAttempts(new AttemptLog())
            .build()) {
      String text = channel.toString();
      List<String> printed =
          layers(
              text.substring(text.indexOf(": ") + 2)
                  .replaceFirst("\\{.*?" + RESERVE + "=([^,}]*)[^}]*}", "$1"));
      List<String> shown = shown("client");
      // The last layer is grpc-java's channel, whose text is long and not ours.
      assertThat(printed.subList(0, printed.size() - 1))
          .containsExactlyElementsOf(shown.subList(0, shown.size() - 1));
    }
  }

  @Test
  void theStackOfAServerIsAsShown() throws IOException {
    try (RpcServer server =
        Trials.inventory()
            .authorizer(Authorizer.byScopes(call -> new Caller("ann", Set.of())))
            .limits(limits -> limits.maxConcurrentCalls(500))
            .intercept(new TenantContext())
            .observer(outcome -> {})
            .start()) {
      String reserve = "shop.v1.Inventory/Reserve: ";
      List<String> printed =
          server
              .toString()
              .lines()
              .filter(line -> line.startsWith(reserve))
              .flatMap(line -> layers(line.substring(reserve.length())).stream())
              .toList();
      assertThat(printed).startsWith(shown("server").toArray(String[]::new));
    }
  }

  private static List<String> layers(String text) {
    return List.of(text.split(" -> ", -1));
  }

  /** The first column of a block on the page. */
  private static List<String> shown(String block) throws IOException {
    String page = Files.readString(Path.of("interceptors-and-observers.md"));
    String start = "```" + block + "\n";
    int from = page.indexOf(start) + start.length();
    return page.substring(from, page.indexOf("```", from))
        .lines()
        .map(line -> line.split(" {2,}", -1)[0])
        .toList();
  }

  private static final class TenantHeader implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return next.newCall(method, options);
    }
  }

  private static final class AttemptLog implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return next.newCall(method, options);
    }
  }

  private static final class TenantContext implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      return next.startCall(call, headers);
    }
  }
}
