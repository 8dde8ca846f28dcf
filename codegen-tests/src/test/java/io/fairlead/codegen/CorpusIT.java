package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Every service of a large public corpus, generated and compiled with every warning as an error.
 * Nothing is left out.
 */
@Tag("corpus")
class CorpusIT {
  private static final Path TARGET = Path.of("target").toAbsolutePath();
  private static final int FEWEST_CLOUD_JARS = 25;

  @Test
  void everyServiceCompilesWithoutWarnings() throws Exception {
    List<Path> jars = jars();
    assertThat(
            jars.stream()
                .filter(jar -> jar.getFileName().toString().startsWith("proto-google-cloud-")))
        .as("jars of proto-google-cloud-*")
        .hasSizeGreaterThanOrEqualTo(FEWEST_CLOUD_JARS);
    Path protos = TARGET.resolve("corpus-protos");
    TreeSet<String> names = new TreeSet<>();
    for (Path jar : jars) {
      names.addAll(extract(jar, protos));
    }
    CodeGeneratorRequest request = request(protos, names);
    CodeGeneratorResponse response = Generator.run(request);
    assertThat(response.getError()).isEmpty();
    Path generated = TARGET.resolve("corpus-java");
    List<Path> ours = new ArrayList<>();
    for (CodeGeneratorResponse.File file : response.getFileList()) {
      Project.write(generated.resolve(file.getName()), file.getContent());
      if (file.getName().endsWith(".java")) {
        ours.add(generated.resolve(file.getName()));
      }
    }
    assertThat(Javac.strict(ours, TARGET.resolve("corpus-classes"), jars)).isEmpty();
    report(request, ours.size());
    // The request and the stock plugin stay behind, for bench/codegen/run.
    assertThat(Tools.grpcJavaPlugin()).isExecutable();
  }

  private static void report(CodeGeneratorRequest request, int written) {
    int services = 0;
    int methods = 0;
    for (FileDescriptorProto file : request.getSourceFileDescriptorsList()) {
      services += file.getServiceCount();
      methods +=
          file.getServiceList().stream().mapToInt(ServiceDescriptorProto::getMethodCount).sum();
    }
    assertThat(written).isEqualTo(3 * services);
    System.out.printf(
        "corpus: %d files, %d services, %d methods; %d Java files compile without a warning%n",
        request.getFileToGenerateCount(), services, methods, written);
  }

  private static List<Path> jars() throws IOException {
    try (Stream<Path> files = Files.list(TARGET.resolve("corpus"))) {
      return files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    }
  }

  /** The .proto files of a jar, but for those that come with protoc. */
  private static List<String> extract(Path jar, Path folder) throws IOException {
    List<String> names = new ArrayList<>();
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
        ZipEntry entry = all.nextElement();
        String name = entry.getName();
        if (name.endsWith(".proto") && !name.startsWith("google/protobuf/")) {
          Path file = folder.resolve(name).normalize();
          Files.createDirectories(file.getParent());
          try (InputStream in = zip.getInputStream(entry)) {
            Files.write(file, in.readAllBytes());
          }
          names.add(name);
        }
      }
    }
    return names;
  }

  private static CodeGeneratorRequest request(Path protos, Iterable<String> names)
      throws IOException, InterruptedException {
    Path capture = TARGET.resolve("corpus-capture.sh");
    Path request = TARGET.resolve("corpus-request.bin");
    Project.write(capture, Project.CAPTURE);
    assertThat(capture.toFile().setExecutable(true)).isTrue();
    List<String> command = new ArrayList<>();
    command.add(Tools.protoc().toString());
    command.add("--proto_path=" + protos);
    command.add("--proto_path=" + Tools.includes());
    command.add("--plugin=protoc-gen-capture=" + capture);
    command.add("--capture_out=" + TARGET);
    names.forEach(command::add);
    Commands.Outcome outcome = Commands.run(TARGET, Map.of("REQUEST", request.toString()), command);
    assertThat(outcome.code()).as("protoc said: %s", outcome.output()).isZero();
    return CodeGeneratorRequest.parseFrom(Files.readAllBytes(request), Main.extensions());
  }
}
