package io.fairlead.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoLoopback;
import io.fairlead.contract.EchoRpc;
import io.fairlead.server.RpcServer;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a program says on whose class path is a library older than the runtime was built with. */
@Timeout(120)
class OldLibrariesTest {
  private static final Path OLDER = Path.of("target", "older").toAbsolutePath();
  private static final Pattern VERSION = Pattern.compile("-\\d.*");
  private static final String WAY_OUT =
      "; import io.fairlead:fairlead-bom before other BOMs, and see in the output of \"mvn"
          + " dependency:tree\" what asks for the older version";

  /** The program. */
  public static void main(String[] arguments) {
    if (arguments.length > 0) {
      RpcChannel.to("127.0.0.1:1");
    }
    try (RpcServer server =
            RpcServer.builder("echo")
                .host("127.0.0.1")
                .port(0)
                .service(EchoRpc.bind(new Parrot()))
                .start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      EchoRpc.client(channel).say(EchoLoopback.text("x"));
      System.out.println("answered");
    }
  }

  @Test
  void nettyOfAnOlderMinorIsNamedNotOneOfItsClasses() throws Exception {
    String output = run("netty-minor");
    assertThat(output)
        .contains(
            "IllegalStateException: Fairlead cannot work with libraries as old as these:",
            "netty-transport 4.1.130.Final in "
                + OLDER.resolve("netty-minor/netty-transport-4.1.130.Final.jar")
                + ", where 4.2.",
            WAY_OUT)
        .doesNotContain("answered", "NoClassDefFoundError", "NoSuchMethodError");
  }

  @Test
  void aChannelNamesItToo() throws Exception {
    assertThat(run("netty-minor", "channel"))
        .contains("netty-transport 4.1.130.Final in ", "RpcChannel.to(")
        .doesNotContain("RpcServer.builder(");
  }

  @Test
  void oneOlderJarOfGrpcAmongNewOnesIsNamed() throws Exception {
    assertThat(run("grpc"))
        .contains(
            "as old as these: grpc-netty 1.79.0 in "
                + OLDER.resolve("grpc/grpc-netty-1.79.0.jar")
                + ", where 1.",
            WAY_OUT)
        .doesNotContain("answered", "Error: ");
  }

  @Test
  void olderProtobufIsNamedBeforeAMessageIsLoaded() throws Exception {
    assertThat(run("protobuf"))
        .contains(
            "as old as these: protobuf-java 4.32.1 in "
                + OLDER.resolve("protobuf/protobuf-java-4.32.1.jar")
                + ", where 4.",
            WAY_OUT)
        .doesNotContain("answered", "ProtobufRuntimeVersionException");
  }

  @Test
  void nettyOfAnOlderPatchWorksAndIsOneWarning() throws Exception {
    String output = run("netty-patch");
    assertThat(output)
        .contains("answered")
        .containsOnlyOnce("WARNING: Libraries are older than those that Fairlead was tested with:")
        .contains(
            "netty-transport 4.2.7.Final in "
                + OLDER.resolve("netty-patch/netty-transport-4.2.7.Final.jar")
                + ", tested with 4.2.",
            WAY_OUT);
  }

  @Test
  void theVersionsOfTheBuildAreSilent() throws Exception {
    assertThat(run("none")).contains("answered").doesNotContain("older");
  }

  private static final class Parrot implements Echo {
    @Override
    public StringValue say(StringValue request) {
      return request;
    }
  }

  /** Runs the program with the jars of this folder in the place of those of the same name. */
  private static String run(String folder, String... arguments)
      throws IOException, InterruptedException {
    List<String> path = new ArrayList<>();
    List<String> replaced = new ArrayList<>();
    if (!folder.equals("none")) {
      try (Stream<Path> jars = Files.list(OLDER.resolve(folder))) {
        jars.forEach(
            jar -> {
              path.add(jar.toString());
              replaced.add(artifact(jar));
            });
      }
    }
    String ours =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Arrays.stream(ours.split(File.pathSeparator))
        .filter(entry -> !replaced.contains(artifact(Path.of(entry))))
        .forEach(path::add);
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                String.join(File.pathSeparator, path),
                OldLibrariesTest.class.getName()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return output;
  }

  private static String artifact(Path jar) {
    return VERSION.matcher(jar.getFileName().toString()).replaceFirst("");
  }
}
