package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.StringValue;
import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoLoopback;
import io.fairlead.contract.EchoRpc;
import io.fairlead.security.TlsFiles;
import io.fairlead.testkit.TestAuthority;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Servers that are known by the SPIFFE id in their certificate, and certificates off the disk. */
@Timeout(60)
class TlsServerIdsTest {
  private static final String ID = "spiffe://shop.example/echo";

  @TempDir private Path directory;
  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private final TestAuthority authority = TestAuthority.create("shop");

  /** A server whose certificate has an id, and a name that is not asked for. */
  private RpcServer serve(TestAuthority.Leaf leaf) {
    Path chain = directory.resolve("echo.pem");
    Path key = directory.resolve("echo.key");
    leaf.write(chain, key);
    return running.start(
        RpcServer.builder("echo")
            .host("127.0.0.1")
            .tls(TlsFiles.builder().certificate(chain, key).build())
            .service(echo()));
  }

  private static ServerServiceDefinition echo() {
    return EchoRpc.bind(
        new Echo() {
          @Override
          public StringValue say(StringValue request) {
            return request;
          }
        });
  }

  private TlsFiles.Builder trusting() {
    return TlsFiles.builder().trust(authority.write(directory.resolve("ca.crt")));
  }

  /** Asks for a name that no certificate of this test has. */
  private String say(RpcServer server, TlsFiles files) {
    return EchoRpc.client(
            running.add(
                RpcChannel.to("127.0.0.1:" + server.port())
                    .tls(files)
                    .authority("other.example")
                    .build()))
        .say(EchoLoopback.text("x"))
        .getValue();
  }

  private RpcException failure(RpcServer server, TlsFiles files) {
    return catchThrowableOfType(RpcException.class, () -> say(server, files));
  }

  @Test
  void aServerIsKnownByItsIdAndNotByItsName() {
    RpcServer server = serve(authority.leaf("echo").uri(ID));
    assertThat(say(server, trusting().serverIds(ID).build())).isEqualTo("x");
    assertThat(
            say(server, trusting().serverIds("spiffe://a.b/c", "spiffe://shop.example/*").build()))
        .isEqualTo("x");
    assertThat(failure(server, trusting().build())).hasMessageContaining("other.example");
  }

  @Test
  void anotherServiceOfTheSameAuthorityCannotAnswerInItsPlace() {
    RpcServer other = serve(authority.leaf("echo").uri("spiffe://shop.example/echo2"));
    assertThat(failure(other, trusting().serverIds(ID).build()))
        .hasMessageContaining(
            "the certificate of the server is refused: it is spiffe://shop.example/echo2, and the"
                + " channel is for "
                + ID
                + "; it shows the certificate CN=echo of ");
    RpcServer nameless = serve(authority.leaf("echo"));
    assertThat(failure(nameless, trusting().serverIds(ID).build()))
        .hasMessageContaining("it has no SPIFFE id, and the channel is for " + ID);
    RpcServer forged = serve(TestAuthority.create("eve").leaf("echo").uri(ID));
    assertThat(failure(forged, trusting().serverIds(ID).build()))
        .hasMessageContaining("is not signed by an authority that this channel trusts");
  }

  @Test
  void idsThatWouldLetTooManyAnswerAreRefused() {
    assertThatThrownBy(() -> TlsFiles.builder().serverIds(ID).build())
        .hasMessage(
            "serverIds(...) needs trust(...): the authorities of the JDK sign ["
                + ID
                + "] for anyone");
    for (String wrong : new String[] {"echo", "spiffe://", "spiffe://shop*", "spiffe://*/echo"}) {
      assertThatThrownBy(() -> trusting().serverIds(wrong))
          .hasMessage(
              "\""
                  + wrong
                  + "\" is no SPIFFE id; write it as spiffe://shop.example/pricing, or"
                  + " spiffe://shop.example/*");
    }
  }

  @Test
  void certificatesNeedNotBeOnADisk() throws Exception {
    Path chain = directory.resolve("echo.pem");
    Path key = directory.resolve("echo.key");
    authority.leaf("echo").uri(ID).write(chain, key);
    Map<Path, String> memory = new ConcurrentHashMap<>();
    memory.put(Path.of("chain"), java.nio.file.Files.readString(chain));
    memory.put(Path.of("key"), java.nio.file.Files.readString(key));
    TlsFiles files =
        TlsFiles.builder()
            .certificate(Path.of("chain"), Path.of("key"))
            .reader(file -> read(memory, file))
            .build();
    RpcServer server =
        running.start(RpcServer.builder("echo").host("127.0.0.1").tls(files).service(echo()));
    assertThat(server.certificateExpiry()).isPresent();
    assertThat(say(server, trusting().serverIds(ID).build())).isEqualTo("x");
    memory.clear();
    assertThatThrownBy(() -> RpcServer.builder("late").tls(files).service(echo()).start())
        .hasMessageContaining("chain does not exist");
  }

  private static String read(Map<Path, String> memory, Path file) {
    String content = memory.get(file);
    if (content == null) {
      throw new UncheckedIOException((IOException) new NoSuchFileException(file.toString()));
    }
    return content;
  }
}
