package io.fairlead.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.gateway.internal.http.ConnectionInfo;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.gateway.internal.http.RequestHead;
import io.grpc.Attributes;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of the thread and the response of a page whose caller or handler does not go on. */
class WebPageExchangeTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final List<String> events = new ArrayList<>();
  private final WebPageExchange page =
      new WebPageExchange(new Unread(), "/page", Duration.ofMillis(50));

  @Test
  @Timeout(20)
  void aCallerThatDoesNotReadGivesTheThreadBack() throws IOException {
    OutputStream out = page.stream(200, "text/plain");
    assertThatThrownBy(() -> out.write(new byte[1 << 20]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has not read");
    channel.runPendingTasks();
    assertThat(events).startsWith("begin", "write").endsWith("abort");
    assertThat(page.isCancelled()).isTrue();
  }

  @Test
  void aResponseThatItsHandlerForgetsToEndEnds() throws IOException {
    page.stream(200, "text/plain").write(1);
    page.finish();
    channel.runPendingTasks();
    assertThat(events).containsExactly("begin", "write", "end");
  }

  @Test
  void aResponseThatItsHandlerEndsEndsOnce() throws IOException {
    page.stream(200, "text/plain").close();
    page.finish();
    channel.runPendingTasks();
    assertThat(events).containsExactly("begin", "end");
  }

  /** Nothing of the response leaves. */
  private final class Unread implements HttpExchange {
    @Override
    public RequestHead request() {
      return new RequestHead(
          "GET",
          "/page",
          "",
          new DefaultHttpHeaders(),
          "a",
          new ConnectionInfo(Attributes.EMPTY, false));
    }

    @Override
    public EventLoop loop() {
      return channel.eventLoop();
    }

    @Override
    public void readBody(boolean wanted) {}

    @Override
    public void respond(int status, HttpHeaders headers, ByteBuf body) {
      events.add("respond");
      body.release();
    }

    @Override
    public void begin(int status, HttpHeaders headers) {
      events.add("begin");
    }

    @Override
    public ChannelFuture write(ByteBuf data) {
      events.add("write");
      data.release();
      return channel.newPromise();
    }

    @Override
    public void end(@Nullable HttpHeaders trailers) {
      events.add("end");
    }

    @Override
    public void abort() {
      events.add("abort");
    }
  }
}
