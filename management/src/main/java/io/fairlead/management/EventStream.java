package io.fairlead.management;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A response of server-sent events, as {@code EventSource} in a browser reads them. A caller that
 * has left shows as an {@link IOException} of the next event.
 */
public final class EventStream implements Closeable {
  private final OutputStream out;

  EventStream(OutputStream out) {
    this.out = out;
  }

  /**
   * Sends one event at once.
   *
   * @param event its type; one line
   * @param data of any number of lines
   */
  public void send(String event, String data) throws IOException {
    if (event.indexOf('\n') >= 0 || event.indexOf('\r') >= 0) {
      throw new IllegalArgumentException("the type of an event has one line: " + event);
    }
    StringBuilder text = new StringBuilder("event: ").append(event).append('\n');
    data.lines().forEach(line -> text.append("data: ").append(line).append('\n'));
    if (data.isEmpty()) {
      text.append("data: \n");
    }
    write(text.append('\n'));
  }

  /** Sends a comment, which shows whether the caller is still there. */
  public void ping() throws IOException {
    write(":\n\n");
  }

  private void write(CharSequence text) throws IOException {
    out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
