package io.fairlead.server.internal.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.observe.ServerCallObserver;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.server.EchoMethod;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ServerStackTest {
  private final ServerExecutors executors = new ServerExecutors("stack", 1);

  @AfterEach
  void end() {
    assertThat(executors.close(Duration.ofSeconds(30))).isEmpty();
  }

  @Test
  void callsAreRecordedOnlyWhereThereIsAnObserver() {
    assertThat(assemble(List.of()).recorders()).isNull();
    assertThat(assemble(List.of(outcome -> {})).recorders()).isNotNull();
  }

  private ServerStack assemble(List<ServerCallObserver> observers) {
    return ServerStack.assemble(
        List.of(EchoMethod.serving(text -> text)),
        List.of(),
        new ServerAccessConfig(
            null,
            new MethodAccess(Set.of(), Set.of(), false),
            ConcurrencyLimits.NONE,
            null,
            MethodPolicies.empty(),
            List.of(),
            observers,
            Duration.ofMinutes(1)),
        executors,
        false,
        System::nanoTime,
        () -> 0.5);
  }
}
