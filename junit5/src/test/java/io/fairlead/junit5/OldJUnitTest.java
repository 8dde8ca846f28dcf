package io.fairlead.junit5;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;

/** What a test says on whose class path is an older JUnit than the extension was built with. */
@Timeout(120)
class OldJUnitTest {
  private static final Path OLDER = Path.of("target", "older").toAbsolutePath();

  /** Does with the extension what JUnit does. */
  public static void main(String[] arguments) throws Exception {
    FairleadExtension extension =
        FairleadExtension.builder().service(InventoryRpc.bind(new Inventory() {})).build();
    FairleadExtension.class
        .getMethod("beforeAll", org.junit.jupiter.api.extension.ExtensionContext.class)
        .invoke(extension, (Object) null);
    System.out.println("serves on " + extension.port());
    extension.server().close();
  }

  @Test
  void junitThatIsTooOldIsNamed() throws Exception {
    Path jar = OLDER.resolve("junit-jupiter-api-5.0.3.jar");
    assertThat(run(jar))
        .contains("as old as these: junit-jupiter-api 5.0.3 in " + jar + ", where 5.")
        .contains("import io.fairlead:fairlead-bom")
        .doesNotContain("serves on");
  }

  @Test
  void olderJUnitThatWorksIsOneWarning() throws Exception {
    Path jar = OLDER.resolve("junit-jupiter-api-5.9.3.jar");
    assertThat(run(jar))
        .contains("serves on")
        .containsOnlyOnce("junit-jupiter-api 5.9.3 in " + jar + ", tested with 5.");
  }

  private static String run(Path junit) throws IOException, InterruptedException {
    String ours =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    String path =
        String.join(
            File.pathSeparator,
            Stream.concat(
                    Stream.of(junit.toString()),
                    Stream.of(ours.split(File.pathSeparator))
                        .filter(entry -> !entry.contains("junit-jupiter-api-")))
                .toList());
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-cp",
                    path,
                    OldJUnitTest.class.getName()))
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return output;
  }
}
