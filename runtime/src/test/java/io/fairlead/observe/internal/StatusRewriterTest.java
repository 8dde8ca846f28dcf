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
        StatusRewriter.ofAttempt(
            Status.UNKNOWN.withDescription("channel closed").withCause(cause), false);
    assertThat(named.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(named.getDescription()).isEqualTo("the connection was lost");
    assertThat(named.getCause()).isSameAs(cause);
  }

  @Test
  void statusFromTheServerIsUnchanged() {
    Status said = Status.UNKNOWN.withDescription("channel closed");
    assertThat(StatusRewriter.ofAttempt(said, false)).isSameAs(said);
    Status local = said.withCause(new IOException("disk full"));
    assertThat(StatusRewriter.ofAttempt(local, false)).isSameAs(local);
    Status other = Status.INTERNAL.withCause(new ClosedChannelException());
    assertThat(StatusRewriter.ofAttempt(other, false)).isSameAs(other);
  }
}
