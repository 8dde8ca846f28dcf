package io.fairlead.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.internal.PlatformDependent;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A gigabyte each way by HttpBody: nobody holds more of it than what is on its way. */
class GigabyteIT {
  private static final int MEBIBYTES = Integer.getInteger("gateway.body.mebibytes", 256);
  private static final int PART = 1 << 20;

  /** Far below the body, and above what buffers and unrelated garbage take. */
  private static final long MOST = 48L << 20;

  private final GatewayFixture library = new GatewayFixture();

  @AfterEach
  void close() {
    library.close();
  }

  /** Bytes that cannot be collected, on the heap and beside it. */
  private static long held() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory() + PlatformDependent.usedDirectMemory();
  }

  @Test
  void anUploadTakesNoMemoryOfItsSize() throws Exception {
    long bytes = (long) MEBIBYTES * PART;
    try (Socket socket = library.connect()) {
      OutputStream out = socket.getOutputStream();
      out.write(
          ("POST /v1/uploads/film HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                  + "Content-Type: video/mp4\r\nContent-Length: "
                  + bytes
                  + "\r\n\r\n")
              .getBytes(US_ASCII));
      byte[] part = new byte[PART];
      long before = held();
      long most = 0;
      for (int i = 0; i < MEBIBYTES; i++) {
        out.write(part);
        if (i % 64 == 63) {
          most = Math.max(most, held());
        }
      }
      assertThat(most - before).isLessThan(MOST);
      assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
          .contains("\"bytes\":\"" + bytes + "\"");
    }
  }

  @Test
  void aDownloadTakesNoMemoryOfItsSize() throws Exception {
    long bytes = (long) MEBIBYTES * PART;
    try (Socket socket = library.connect()) {
      socket
          .getOutputStream()
          .write(
              ("GET /v1/downloads/"
                      + MEBIBYTES
                      + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                  .getBytes(US_ASCII));
      InputStream in = socket.getInputStream();
      assertThat(in.read()).isEqualTo('H');
      long before = held();
      long most = 0;
      long came = 0;
      int sample = 0;
      byte[] part = new byte[PART];
      for (int n = in.read(part); n >= 0; n = in.read(part)) {
        came += n;
        if (came / (64L * PART) > sample) {
          sample++;
          most = Math.max(most, held());
        }
      }
      // Chunked: a little more than the bytes themselves.
      assertThat(came).isBetween(bytes, bytes + bytes / 100);
      assertThat(sample).isPositive();
      assertThat(most - before).isLessThan(MOST);
    }
  }
}
