package io.fairlead.observe.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

class StatusRewriterTest {
  @Test
  void aWriteToAConnectionThatHasGoneIsUnavailable() {
    ClosedChannelException cause = new ClosedChannelException();
    Status named =
        StatusRewriter.nameLostConnection(
            Status.UNKNOWN.withDescription("channel closed").withCause(cause));
    assertThat(named.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(named.getDescription()).isEqualTo("the connection was lost");
    assertThat(named.getCause()).isSameAs(cause);
  }

  @Test
  void statusFromTheServerIsUnchanged() {
    Status said = Status.UNKNOWN.withDescription("channel closed");
    assertThat(StatusRewriter.nameLostConnection(said)).isSameAs(said);
    Status local = said.withCause(new IOException("disk full"));
    assertThat(StatusRewriter.nameLostConnection(local)).isSameAs(local);
    Status other = Status.INTERNAL.withCause(new ClosedChannelException());
    assertThat(StatusRewriter.nameLostConnection(other)).isSameAs(other);
  }
}
