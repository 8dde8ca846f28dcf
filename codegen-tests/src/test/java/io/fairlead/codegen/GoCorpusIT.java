package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse;
import io.fairlead.testkit.ToolAssumption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The contracts of large projects that publish no jar with them: what their Go modules were
 * generated from. All of them are generated, and parse as Java. Those whose messages are few are
 * compiled too, with every warning as an error.
 */
@Tag("corpus")
class GoCorpusIT {
  private static final Path TARGET = Path.of("target", "go-corpus").toAbsolutePath();
  private static final Path MODULES = Path.of("src", "corpus").toAbsolutePath();
  private static final Path SET = TARGET.resolve("set.binpb");

  private static final int FEWEST_FILES = 2_500;
  private static final int FEWEST_SERVICES = 600;
  private static final List<String> SMALL =
      List.of("services/", "events/", "runtime/", "types/", "staging/");

  @Test
  void contractsOfOthersAreNeitherRefusedNorWrittenTwoWays() throws Exception {
    Map<String, FileDescriptorProto> files = files();
    CodeGeneratorRequest request = request(files.keySet());
    CodeGeneratorResponse response = Generator.run(request);
    assertThat(response.getError()).isEmpty();
    assertThat(Generator.run(request)).as("a second run").isEqualTo(response);
    int services = files.values().stream().mapToInt(FileDescriptorProto::getServiceCount).sum();
    int methods =
        files.values().stream()
            .flatMap(file -> file.getServiceList().stream())
            .mapToInt(service -> service.getMethodCount())
            .sum();
    assertThat(files).hasSizeGreaterThan(FEWEST_FILES);
    assertThat(services).isGreaterThan(FEWEST_SERVICES);
    List<Path> ours = write(response, TARGET.resolve("java"));
    assertThat(ours).hasSize(3 * services);
    assertThat(Javac.syntax(ours)).isEmpty();
    System.out.printf(
        "corpus of Go modules: %d files, %d services, %d methods; %d Java files parse%n",
        files.size(), services, methods, ours.size());
  }

  /** Beginnings of names. Messages that are large come with {@code .ci/run --full}. */
  static Stream<List<String>> compiled() {
    return Boolean.getBoolean("corpus.full")
        ? Stream.of(SMALL, List.of("temporal/"))
        : Stream.of(SMALL);
  }

  @ParameterizedTest
  @MethodSource("compiled")
  void contractsWithoutAJarCompileWithoutWarnings(List<String> beginnings) throws Exception {
    Path work = TARGET.resolve(beginnings.get(0));
    Map<String, FileDescriptorProto> files = files();
    TreeSet<String> chosen = new TreeSet<>();
    files.keySet().stream()
        .filter(name -> beginnings.stream().anyMatch(name::startsWith))
        .forEach(name -> addWithImports(name, files, chosen));
    CodeGeneratorResponse response = Generator.run(request(chosen));
    assertThat(response.getError()).isEmpty();
    List<Path> ours = write(response, work.resolve("java"));
    assertThat(ours).isNotEmpty();
    Path messages = Files.createDirectories(work.resolve("messages"));
    protoc(chosen, "--java_out=" + messages, Map.of());
    Path classes = work.resolve("message-classes");
    try (Stream<Path> java = Files.walk(messages)) {
      List<Path> all = java.filter(file -> file.toString().endsWith(".java")).toList();
      assertThat(Javac.lax(all, classes, List.of())).as("protoc's own code").isEmpty();
    }
    assertThat(Javac.strict(ours, work.resolve("classes"), List.of(classes))).isEmpty();
    System.out.printf(
        "corpus of Go modules: %s with imports, %d files, %d Java files compile without a warning%n",
        beginnings, chosen.size(), ours.size());
  }

  /** All files that have all their imports, but for those that come with protoc. */
  private static Map<String, FileDescriptorProto> files() throws Exception {
    Map<String, FileDescriptorProto> all = new LinkedHashMap<>();
    for (FileDescriptorProto file :
        FileDescriptorSet.parseFrom(Files.readAllBytes(set()), Main.extensions()).getFileList()) {
      all.put(file.getName(), file);
    }
    Map<String, Boolean> known = new HashMap<>();
    Map<String, FileDescriptorProto> complete = new LinkedHashMap<>();
    all.forEach(
        (name, file) -> {
          if (!name.startsWith("google/protobuf/") && isComplete(name, all, known)) {
            complete.put(name, file);
          }
        });
    return complete;
  }

  private static boolean isComplete(
      String name, Map<String, FileDescriptorProto> all, Map<String, Boolean> known) {
    Boolean before = known.get(name);
    if (before == null) {
      FileDescriptorProto file = all.get(name);
      before =
          file != null
              && file.getDependencyList().stream().allMatch(each -> isComplete(each, all, known));
      known.put(name, before);
    }
    return before;
  }

  private static void addWithImports(
      String name, Map<String, FileDescriptorProto> files, Collection<String> chosen) {
    FileDescriptorProto file = files.get(name);
    if (file != null && !chosen.contains(name)) {
      chosen.add(name);
      file.getDependencyList().forEach(each -> addWithImports(each, files, chosen));
    }
  }

  /** Fetches the modules, and reads the descriptors out of them. */
  private static synchronized Path set() throws Exception {
    if (!Files.exists(SET)) {
      if (!Commands.exists("go")) {
        throw ToolAssumption.skip("go", "Go 1.26 or newer, from go.dev");
      }
      Files.createDirectories(TARGET);
      go(Stream.concat(Stream.of("mod", "download"), modules("Path")));
      go(Stream.concat(Stream.of("run", ".", SET.toString()), modules("Dir")));
    }
    return SET;
  }

  /** A property of each module that go.mod names. */
  private static Stream<String> modules(String property) throws Exception {
    String wanted = "{{if not (or .Indirect .Main)}}{{." + property + "}}{{end}}";
    return go(Stream.of("list", "-m", "-f", wanted, "all"))
        .lines()
        // On the first run it also says what it downloads.
        .filter(line -> !line.isEmpty() && !line.startsWith("go: "));
  }

  private static String go(Stream<String> arguments) throws Exception {
    Commands.Outcome outcome =
        Commands.run(
            MODULES,
            Map.of("GOFLAGS", "-mod=readonly", "CGO_ENABLED", "0"),
            Stream.concat(Stream.of("go"), arguments).toList());
    assertThat(outcome.code()).as("go said: %s", outcome.output()).isZero();
    return outcome.output();
  }

  private static List<Path> write(CodeGeneratorResponse response, Path folder) {
    List<Path> ours = new ArrayList<>();
    for (CodeGeneratorResponse.File file : response.getFileList()) {
      if (file.getName().endsWith(".java")) {
        Path path = folder.resolve(file.getName());
        Project.write(path, file.getContent());
        ours.add(path);
      }
    }
    return ours;
  }

  private static CodeGeneratorRequest request(Collection<String> names) throws Exception {
    Path capture = TARGET.resolve("capture.sh");
    Path request = TARGET.resolve("request.bin");
    Project.write(capture, Project.CAPTURE);
    assertThat(capture.toFile().setExecutable(true)).isTrue();
    protoc(
        names,
        "--plugin=protoc-gen-capture=" + capture,
        Map.of("REQUEST", request.toString()),
        "--capture_out=" + TARGET);
    return CodeGeneratorRequest.parseFrom(Files.readAllBytes(request), Main.extensions());
  }

  private static void protoc(
      Collection<String> names, String first, Map<String, String> environment, String... more)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Tools.protoc().toString());
    command.add("--descriptor_set_in=" + SET);
    command.add(first);
    command.addAll(List.of(more));
    command.addAll(names);
    Commands.Outcome outcome = Commands.run(TARGET, environment, command);
    assertThat(outcome.code()).as("protoc said: %s", outcome.output()).isZero();
  }
}
