package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import shop.v1.ReserveRequest;

/** {@code fairlead console} over real instances. */
@Timeout(60)
class ConsoleCommandTest {
  private static final Pattern ADDRESS =
      Pattern.compile("console: (http://127\\.0\\.0\\.1:\\d+/console)#token=(\\S+)");

  private final Fleet fleet = new Fleet();
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void close() {
    fleet.close();
  }

  private HttpResponse<String> get(String address, String token) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address))
            .header("Authorization", "Bearer " + token)
            .build();
    return http.send(request, BodyHandlers.ofString());
  }

  @Test
  void thePageOfAFleetIsServedToWhoeverHasItsToken() throws Exception {
    Fleet.Node a = fleet.start("a");
    try (RunningCommand command =
        new RunningCommand(Cli.operator(fleet), "console", "--port", "0")) {
      Matcher printed = ADDRESS.matcher(command.line());
      assertThat(printed.matches()).isTrue();
      String system = printed.group(1) + "/system";
      HttpResponse<String> page = get(system, printed.group(2));
      while (!page.body().contains(a.address()) || page.body().contains("silent")) {
        page = get(system, printed.group(2)); // the first answers of processes come in their time
      }
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.body()).containsPattern("inventory/a +" + a.address() + " +serving");
      assertThat(get(system, "0123456789abcdef").statusCode()).isEqualTo(401);
      assertThat(command.stop()).isNotEqualTo(-1);
    }
  }

  @Test
  void aProcessOutsideOfTheTrustedAddressesIsNotCalled() throws Exception {
    Fleet.Node a = fleet.start("a");
    try (RunningCommand command =
        new RunningCommand(Cli.operator(fleet), "console", "--port", "0", "--trust", "10.1.")) {
      Matcher printed = ADDRESS.matcher(command.line());
      assertThat(printed.matches()).isTrue();
      String system = printed.group(1) + "/system";
      HttpResponse<String> page = get(system, printed.group(2));
      while (!page.body().contains("not among the addresses that this console trusts")) {
        page = get(system, printed.group(2)); // the list of the registry comes in its time
      }
      assertThat(page.body()).containsPattern("inventory/a +" + a.address() + " +silent");
      assertThat(command.stop()).isNotEqualTo(-1);
    }
  }

  @Test
  void formsAreOfADescriptorSetIfThereIsOne(@TempDir Path folder) throws Exception {
    Fleet.Node a = fleet.start("a");
    FileDescriptorSet.Builder set = FileDescriptorSet.newBuilder();
    Deque<FileDescriptor> files =
        new ArrayDeque<>(List.of(ReserveRequest.getDescriptor().getFile()));
    Set<String> added = new HashSet<>();
    while (!files.isEmpty()) {
      FileDescriptor file = files.remove();
      if (added.add(file.getName())) {
        set.addFile(file.toProto());
        files.addAll(file.getDependencies());
      }
    }
    Path descriptors = folder.resolve("shop.pb");
    Files.write(descriptors, set.build().toByteArray());
    try (RunningCommand command =
        new RunningCommand(
            Cli.operator(fleet),
            "console",
            "--port",
            "0",
            "--descriptors",
            descriptors.toString())) {
      Matcher printed = ADDRESS.matcher(command.line());
      assertThat(printed.matches()).isTrue();
      String methods = printed.group(1) + "/try?instance=" + a.address();
      HttpResponse<String> page = get(methods, printed.group(2));
      while (page.statusCode() == 404) {
        page = get(methods, printed.group(2)); // the fleet is looked at from the first request on
      }
      assertThat(page.body())
          .contains("shop.v1.Inventory/Reserve")
          .doesNotContain("fairlead.admin");
    }
    Cli.Result missing =
        Cli.operator(fleet).run("console", "--descriptors", folder.resolve("none").toString());
    assertThat(missing.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(missing.err()).contains("the file of --descriptors cannot be read");
  }

  @Test
  void aTokenThatIsTooShortIsNamedByItsVariable() {
    Cli.Result result =
        Cli.operator(fleet).with("FAIRLEAD_CONSOLE_TOKEN", "secret").run("console", "--port", "0");
    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err())
        .isEqualTo(
            "fairlead: FAIRLEAD_CONSOLE_TOKEN: a token has at least 16 characters, this one has 6\n");
  }

  @Test
  void aPortThatIsTakenIsNamed() throws Exception {
    try (RunningCommand first =
        new RunningCommand(
            Cli.operator(fleet).with("FAIRLEAD_CONSOLE_TOKEN", "0123456789abcdef"),
            "console",
            "--port",
            "0")) {
      Matcher printed = ADDRESS.matcher(first.line());
      assertThat(printed.matches()).isTrue();
      int port = URI.create(printed.group(1)).getPort();
      Cli.Result second = Cli.operator(fleet).run("console", "--port", String.valueOf(port));
      assertThat(second.exit()).isEqualTo(ExitCode.USAGE);
      assertThat(second.err()).contains(String.valueOf(port));
    }
  }
}
