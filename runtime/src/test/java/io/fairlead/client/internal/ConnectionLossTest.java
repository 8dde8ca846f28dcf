package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

class ConnectionLossTest {
  @Test
  void aWriteToAConnectionThatHasGoneIsUnavailable() {
    ClosedChannelException cause = new ClosedChannelException();
    Status named =
        ConnectionLossStatus.withConnectionLoss(
            Status.UNKNOWN.withDescription("channel closed").withCause(cause));
    assertThat(named.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(named.getDescription()).isEqualTo("the connection was lost");
    assertThat(named.getCause()).isSameAs(cause);
  }

  @Test
  void statusFromTheServerIsUnchanged() {
    Status said = Status.UNKNOWN.withDescription("channel closed");
    assertThat(ConnectionLossStatus.withConnectionLoss(said)).isSameAs(said);
    Status local = said.withCause(new IOException("disk full"));
    assertThat(ConnectionLossStatus.withConnectionLoss(local)).isSameAs(local);
    Status other = Status.INTERNAL.withCause(new ClosedChannelException());
    assertThat(ConnectionLossStatus.withConnectionLoss(other)).isSameAs(other);
  }
}
