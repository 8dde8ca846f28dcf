package io.fairlead.interop.http2;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/** One connection, seen from a server that chooses each frame. One thread uses it. */
final class FrameConnection {
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int ACK = 1;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;
  private static final int MAX_CONCURRENT_STREAMS = 3;
  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final int LARGEST_FRAME = 16_384;

  private final DataInputStream in;
  private final OutputStream out;
  private final TreeSet<Integer> open = new TreeSet<>();
  private final TreeSet<Integer> complete = new TreeSet<>();
  private final Map<Integer, Long> windows = new HashMap<>();
  private long window = 65_535;
  private long initialWindow = 65_535;
  private int pingsAnswered;
  private int mostOpen;

  FrameConnection(Socket socket) throws IOException {
    this.in = new DataInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  /** The beginning of every connection. */
  void greet() throws IOException {
    in.readFully(new byte[24]);
    frame(SETTINGS, 0, 0, new byte[0]);
  }

  /** As {@link #greet()}, with a limit on the calls at once. */
  void greet(int maxStreams) throws IOException {
    in.readFully(new byte[24]);
    ByteBuffer setting = ByteBuffer.allocate(6);
    setting.putShort((short) MAX_CONCURRENT_STREAMS).putInt(maxStreams);
    frame(SETTINGS, 0, 0, setting.array());
  }

  /** Reads until a request is complete, and gives its stream. */
  int nextRequest() throws IOException {
    while (complete.isEmpty()) {
      readFrame();
    }
    return complete.pollFirst();
  }

  /** The most calls that were open at once. */
  int mostOpen() {
    return mostOpen;
  }

  /** Sends a ping and reads until the client has answered it. */
  void ping() throws IOException {
    int answered = pingsAnswered;
    frame(PING, 0, 0, new byte[8]);
    while (pingsAnswered == answered) {
      readFrame();
    }
  }

  /** The headers of a good answer. */
  void headers(int stream) throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(0x88); // :status: 200, from the static table
    field(block, "content-type", "application/grpc");
    frame(HEADERS, END_HEADERS, stream, block.toByteArray());
  }

  /** One message, with its length before it. */
  static byte[] message(byte[] content) {
    return ByteBuffer.allocate(5 + content.length)
        .put((byte) 0)
        .putInt(content.length)
        .put(content)
        .array();
  }

  /** Bytes of the answer, as fast as the client lets them come. */
  void data(int stream, byte[] bytes) throws IOException {
    data(stream, bytes, LARGEST_FRAME, 0);
  }

  /** As {@link #data(int, byte[])}, in frames of a size, each with padding. */
  void data(int stream, byte[] bytes, int size, int padding) throws IOException {
    int overhead = padding > 0 ? padding + 1 : 0;
    for (int from = 0; from < bytes.length; from += size) {
      byte[] part = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + size));
      int cost = part.length + overhead;
      while (window < cost || windows.getOrDefault(stream, initialWindow) < cost) {
        readFrame();
      }
      window -= cost;
      windows.merge(stream, initialWindow - cost, (left, unused) -> left - cost);
      if (padding > 0) {
        ByteBuffer padded = ByteBuffer.allocate(cost).put((byte) padding).put(part);
        frame(DATA, PADDED, stream, padded.array());
      } else {
        frame(DATA, 0, stream, part);
      }
    }
  }

  /** The end of a good answer. */
  void trailers(int stream) throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    field(block, "grpc-status", "0");
    frame(HEADERS, END_HEADERS | END_STREAM, stream, block.toByteArray());
    open.remove(stream);
  }

  void reset(int stream) throws IOException {
    frame(RST_STREAM, 0, stream, ByteBuffer.allocate(4).array());
    open.remove(stream);
  }

  void goAway(int lastStream) throws IOException {
    frame(GOAWAY, 0, 0, ByteBuffer.allocate(8).putInt(lastStream).putInt(0).array());
  }

  private void readFrame() throws IOException {
    int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int stream = in.readInt();
    byte[] payload = new byte[length];
    in.readFully(payload);
    switch (type) {
      case HEADERS -> {
        open.add(stream);
        mostOpen = Math.max(mostOpen, open.size());
        ends(stream, flags);
      }
      case DATA -> {
        if (length > 0) {
          widen(0, length);
          widen(stream, length);
        }
        ends(stream, flags);
      }
      case RST_STREAM -> open.remove(stream);
      case SETTINGS -> settings(flags, ByteBuffer.wrap(payload));
      case PING -> pinged(flags, payload);
      case WINDOW_UPDATE -> widened(stream, ByteBuffer.wrap(payload).getInt());
      default -> {
        // Priorities and the client's GOAWAY ask for nothing.
      }
    }
  }

  private void ends(int stream, int flags) {
    if ((flags & END_STREAM) != 0) {
      complete.add(stream);
    }
  }

  private void settings(int flags, ByteBuffer settings) throws IOException {
    if ((flags & ACK) != 0) {
      return;
    }
    while (settings.hasRemaining()) {
      int name = settings.getShort();
      int value = settings.getInt();
      if (name == INITIAL_WINDOW_SIZE) {
        long change = value - initialWindow;
        windows.replaceAll((stream, left) -> left + change);
        initialWindow = value;
      }
    }
    frame(SETTINGS, ACK, 0, new byte[0]);
  }

  private void pinged(int flags, byte[] payload) throws IOException {
    if ((flags & ACK) != 0) {
      pingsAnswered++;
    } else {
      frame(PING, ACK, 0, payload);
    }
  }

  private void widened(int stream, int by) {
    if (stream == 0) {
      window += by;
    } else {
      windows.merge(stream, initialWindow + by, (left, unused) -> left + by);
    }
  }

  private void widen(int stream, int by) throws IOException {
    frame(WINDOW_UPDATE, 0, stream, ByteBuffer.allocate(4).putInt(by).array());
  }

  /** A header as text, which no table remembers. */
  private static void field(ByteArrayOutputStream block, String name, String value) {
    block.write(0);
    for (String text : new String[] {name, value}) {
      block.write(text.length());
      block.writeBytes(text.getBytes(US_ASCII));
    }
  }

  private void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
    frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
    frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
    out.write(frame.array());
    out.flush();
  }
}
