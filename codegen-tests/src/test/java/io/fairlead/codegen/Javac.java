package io.fairlead.codegen;

import com.google.protobuf.Message;
import com.sun.source.util.JavacTask;
import io.fairlead.contract.MethodContract;
import io.fairlead.options.Policy;
import io.grpc.Channel;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.AbstractStub;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.NullMarked;

/** Compiles generated code. */
final class Javac {
  /** What a user of the runtime has on the class path. */
  private static final List<Path> CLASS_PATH =
      Stream.of(
              Message.class,
              Policy.class,
              MethodContract.class,
              Channel.class,
              ProtoUtils.class,
              AbstractStub.class,
              com.google.common.util.concurrent.ListenableFuture.class,
              NullMarked.class)
          .map(Javac::origin)
          .toList();

  private Javac() {}

  /** Compiles with every warning as an error; gives what the compiler had to say. */
  static String strict(List<Path> files, Path output, List<Path> classPath) {
    return compile(files, output, classPath, List.of("-Xlint:all", "-Werror", "-proc:none"));
  }

  /** What Javadoc has to say about the markup and the references of generated comments. */
  static String doclint(Path folder, Project.Compiled code) {
    List<Path> files =
        code.files().keySet().stream()
            .filter(name -> name.endsWith(".java"))
            .map(name -> folder.resolve("generated").resolve(name))
            .toList();
    return compile(
        files,
        folder.resolve("doclint"),
        code.classPath(),
        List.of("-Xdoclint:all,-missing", "-Werror", "-proc:none"));
  }

  /** Compiles what protoc wrote, whose warnings are not ours. */
  static String lax(List<Path> files, Path output, List<Path> classPath) {
    return compile(files, output, classPath, List.of("-nowarn", "-Xlint:none", "-proc:none"));
  }

  /** What the compiler has to say about the syntax of files whose messages are not there. */
  static String syntax(List<Path> files) throws IOException {
    JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    try (StandardJavaFileManager manager = javac.getStandardFileManager(diagnostics, null, null)) {
      JavacTask task =
          (JavacTask)
              javac.getTask(
                  null,
                  manager,
                  diagnostics,
                  List.of("-encoding", "UTF-8", "--release", "17"),
                  null,
                  manager.getJavaFileObjectsFromPaths(files));
      task.parse();
    }
    StringBuilder said = new StringBuilder();
    diagnostics.getDiagnostics().forEach(each -> said.append(each).append('\n'));
    return said.toString();
  }

  private static String compile(
      List<Path> files, Path output, List<Path> classPath, List<String> flags) {
    JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    try (StandardJavaFileManager manager = javac.getStandardFileManager(diagnostics, null, null)) {
      Files.createDirectories(output);
      List<String> options = new ArrayList<>(flags);
      List<Path> path = new ArrayList<>(classPath);
      path.addAll(CLASS_PATH);
      options.addAll(List.of("--release", "17", "-encoding", "UTF-8", "-d", output.toString()));
      options.addAll(
          List.of(
              "-cp",
              String.join(java.io.File.pathSeparator, path.stream().map(Path::toString).toList())));
      StringWriter out = new StringWriter();
      boolean good =
          javac
              .getTask(
                  out,
                  manager,
                  diagnostics,
                  options,
                  null,
                  manager.getJavaFileObjectsFromPaths(files))
              .call();
      StringBuilder said = new StringBuilder(out.toString());
      diagnostics.getDiagnostics().forEach(each -> said.append(each).append('\n'));
      return good ? "" : said.isEmpty() ? "javac failed without a word" : said.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path origin(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
