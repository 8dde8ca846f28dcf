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
  void onlyGrpcJavasOwnTextsOfADeadlineAreDropped() {
    for (String text :
        new String[] {
          "CallOptions deadline exceeded after 0.099s. Name resolution delay 0.000s.",
          "context deadline was exceeded. Deadline has been exceeded for 1.000s. ",
          "ClientCall started after context deadline was exceeded 1.0 seconds ago. Name resolution"
              + " delay 0.0 seconds.",
          "context timed out"
        }) {
      Status named = StatusRewriter.name(Status.DEADLINE_EXCEEDED.withDescription(text), 1, true);
      assertThat(named.getDescription()).as(text).isNull();
    }
    Status other = Status.DEADLINE_EXCEEDED.withDescription("no token within 3s");
    assertThat(StatusRewriter.name(other, 1, true)).isSameAs(other);
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
