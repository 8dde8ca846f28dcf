package io.fairlead.gateway;

import static io.fairlead.gateway.GatewayFixture.GET_BOOK;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.fairlead.gateway.library.Book;
import io.fairlead.gateway.library.GetBookRequest;
import io.fairlead.gateway.library.Line;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** gRPC-Web over HTTP/1.1. */
class GrpcWebTest {
  private static final String BINARY = "application/grpc-web+proto";
  private static final String TEXT = "application/grpc-web-text";
  private static final String READ = "/gateway.v1.Library/Read";

  private final GatewayFixture library = new GatewayFixture();

  @AfterEach
  void close() {
    library.close();
  }

  private record Frame(int flags, ByteString content) {
    String text() {
      return content.toStringUtf8();
    }
  }

  private static byte[] frame(byte[] message) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeByte(0);
    out.writeInt(message.length);
    out.write(message);
    return bytes.toByteArray();
  }

  private static List<Frame> frames(byte[] body) throws IOException {
    List<Frame> frames = new ArrayList<>();
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(body));
    while (in.available() > 0) {
      int flags = in.readUnsignedByte();
      frames.add(new Frame(flags, ByteString.copyFrom(in.readNBytes(in.readInt()))));
    }
    return frames;
  }

  private List<Frame> call(String path, String name) throws Exception {
    byte[] request = GetBookRequest.newBuilder().setName(name).build().toByteArray();
    HttpResponse<byte[]> response =
        library.postBytes(path, frame(request), "content-type", BINARY, "x-grpc-web", "1");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).hasValue(BINARY);
    return frames(response.body());
  }

  @Test
  void aPageCallsAMethod() throws Exception {
    List<Frame> frames = call(GET_BOOK, "web");
    assertThat(Book.parseFrom(frames.get(0).content()).getTitle()).isEqualTo("Über web");
    assertThat(frames.get(1).flags()).isEqualTo(0x80);
    assertThat(frames.get(1).text()).isEqualTo("grpc-status: 0\r\n");
  }

  @Test
  void anErrorIsInTheTrailers() throws Exception {
    List<Frame> frames = call(GET_BOOK, "missing");
    assertThat(frames).hasSize(1);
    assertThat(frames.get(0).text())
        .contains("grpc-status: 5\r\n", "grpc-message: there is no such book\r\n");
  }

  @Test
  void aMethodThatIsNotThereIsUnimplemented() throws Exception {
    assertThat(call("/gateway.v1.Library/Nothing", "").get(0).text()).contains("grpc-status: 12");
  }

  @Test
  void aStreamOfResponsesArrives() throws Exception {
    List<Frame> frames = call(READ, "a");
    assertThat(Line.parseFrom(frames.get(0).content()).getText()).isEqualTo("one");
    assertThat(Line.parseFrom(frames.get(1).content()).getText()).isEqualTo("two");
    assertThat(frames.get(2).text()).isEqualTo("grpc-status: 0\r\n");
    assertThat(call(READ, "torn").get(1).text()).contains("grpc-status: 15");
  }

  @Test
  void theTextFormIsBase64InBothDirections() throws Exception {
    byte[] whole = frame(GetBookRequest.newBuilder().setName("t").build().toByteArray());
    // Two pieces, each with its own padding, as a client makes that flushes between them.
    String body =
        Base64.getEncoder().encodeToString(java.util.Arrays.copyOf(whole, 4))
            + Base64.getEncoder()
                .encodeToString(java.util.Arrays.copyOfRange(whole, 4, whole.length));
    HttpResponse<String> response = library.post(READ, body, "content-type", TEXT);
    assertThat(response.headers().firstValue("content-type")).hasValue(TEXT + "+proto");
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    for (int i = 0; i < response.body().length(); i += 4) {
      plain.write(Base64.getDecoder().decode(response.body().substring(i, i + 4)));
    }
    List<Frame> frames = frames(plain.toByteArray());
    assertThat(Line.parseFrom(frames.get(1).content()).getText()).isEqualTo("two");
    assertThat(frames.get(2).text()).isEqualTo("grpc-status: 0\r\n");
  }

  @Test
  void textThatIsNotBase64IsAnError() throws Exception {
    HttpResponse<String> response = library.post(GET_BOOK, "!!!!", "content-type", TEXT);
    assertThat(new String(Base64.getDecoder().decode(response.body()), StandardCharsets.UTF_8))
        .contains("grpc-status: 3");
  }

  @Test
  void grpcItselfNeedsHttp2() throws Exception {
    HttpResponse<String> response = library.post(GET_BOOK, "", "content-type", "application/grpc");
    assertThat(response.statusCode()).isEqualTo(415);
    assertThat(response.body()).contains("gRPC over HTTP/2");
  }
}
