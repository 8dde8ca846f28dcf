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
        StatusRewriter.name(
            Status.UNKNOWN.withDescription("channel closed").withCause(cause), 1, true);
    assertThat(named.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(named.getDescription()).isEqualTo("the connection was lost");
    assertThat(named.getCause()).isSameAs(cause);
  }

  @Test
  void statusFromTheServerIsUnchanged() {
    Status said = Status.UNKNOWN.withDescription("channel closed");
    assertThat(StatusRewriter.name(said, 1, true)).isSameAs(said);
    Status local = said.withCause(new IOException("disk full"));
    assertThat(StatusRewriter.name(local, 1, true)).isSameAs(local);
    Status other = Status.INTERNAL.withCause(new ClosedChannelException());
    assertThat(StatusRewriter.name(other, 1, true)).isSameAs(other);
  }
}
