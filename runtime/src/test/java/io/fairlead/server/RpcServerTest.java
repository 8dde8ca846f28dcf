package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.lifecycle.ServerState;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class RpcServerTest {
  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  @Test
  void servesAStockServiceOffTheEventLoop() {
    RpcServer server = running.start(echo(t -> Thread.currentThread().getName()));
    assertThat(EchoMethod.say(running.channel(server), ""))
        .doesNotContain("ELG")
        .doesNotContain("nio");
  }

  @Test
  void healthIsServedWithNothingConfigured() {
    RpcServer server = running.start(echo(t -> t));
    HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(running.channel(server));
    assertThat(health.check(HealthCheckRequest.getDefaultInstance()).getStatus())
        .isEqualTo(ServingStatus.SERVING);
    HealthCheckRequest one = HealthCheckRequest.newBuilder().setService(EchoMethod.SERVICE).build();
    assertThat(health.check(one).getStatus()).isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void everyStepOfALifeIsInItsHistory() {
    RpcServer server = running.start(echo(t -> t));
    assertThat(server.history())
        .extracting(ServerState::phase)
        .containsExactly(
            ServerState.Phase.BOUND, ServerState.Phase.READY, ServerState.Phase.SERVING);
    server.close();
    assertThat(server.history())
        .extracting(ServerState::phase)
        .endsWith(
            ServerState.Phase.NOT_SERVING,
            ServerState.Phase.GOAWAY,
            ServerState.Phase.DRAINED,
            ServerState.Phase.CLOSED);
  }

  @Test
  void aTakenPortNamesTheWayOut() {
    RpcServer first = running.start(echo(t -> t));
    RpcServer.Builder second =
        RpcServer.builder("other").port(first.port()).service(EchoMethod.serving(t -> t));
    assertThatThrownBy(second::start)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "server other cannot listen on port "
                + first.port()
                + ": another process has it; stop that process, use another port, or port(0) for"
                + " any free one");
  }

  @Test
  void aServerWithoutAServiceNamesTheWayOut() {
    assertThatThrownBy(RpcServer.builder("empty")::start)
        .hasMessage(
            "server empty has no service; add one with service(InventoryRpc.bind(...)) before"
                + " start()");
  }

  @Test
  void twoHandlersForOneMethodAreNamed() {
    RpcServer.Builder builder = echo(t -> t).service(EchoMethod.serving(t -> "2"));
    assertThatThrownBy(builder::start)
        .hasMessage(
            "two handlers for test.Echo/Chat, test.Echo/Say: service test.Echo was given twice;"
                + " call service(...) once for it");
  }

  private static RpcServer.Builder echo(java.util.function.UnaryOperator<String> say) {
    return RpcServer.builder("echo").service(EchoMethod.serving(say));
  }
}
