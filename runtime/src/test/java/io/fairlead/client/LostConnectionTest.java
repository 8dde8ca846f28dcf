package io.fairlead.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

class LostConnectionTest {
  @Test
  void aWriteToAConnectionThatHasGoneIsUnavailable() {
    ClosedChannelException cause = new ClosedChannelException();
    Status named =
        LostConnection.named(Status.UNKNOWN.withDescription("channel closed").withCause(cause));
    assertThat(named.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(named.getDescription()).isEqualTo("the connection was lost");
    assertThat(named.getCause()).isSameAs(cause);
  }

  @Test
  void whatTheOtherSideSaidStays() {
    Status said = Status.UNKNOWN.withDescription("channel closed");
    assertThat(LostConnection.named(said)).isSameAs(said);
    Status local = said.withCause(new IOException("disk full"));
    assertThat(LostConnection.named(local)).isSameAs(local);
    Status other = Status.INTERNAL.withCause(new ClosedChannelException());
    assertThat(LostConnection.named(other)).isSameAs(other);
  }
}
