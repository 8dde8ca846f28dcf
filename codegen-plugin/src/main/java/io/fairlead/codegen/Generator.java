package io.fairlead.codegen;

import com.google.protobuf.DescriptorProtos.Edition;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse.Feature;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse.File;
import io.fairlead.codegen.contract.Contract;
import io.fairlead.codegen.contract.DescriptorPool;
import io.fairlead.codegen.contract.Diagnostics;
import io.fairlead.codegen.contract.Printable;
import io.fairlead.codegen.emit.HiddenNameException;
import io.fairlead.codegen.emit.ServiceFiles;
import io.fairlead.codegen.model.ServiceModel;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** One request, one response. */
final class Generator {
  /** The newest edition that the tests cover. */
  static final Edition NEWEST_EDITION = Edition.EDITION_2024;

  private Generator() {}

  /**
   * Reads a request and answers it, whatever the stream holds: protoc would lose the message of an
   * exception.
   *
   * @throws IOException if the stream itself fails
   */
  static CodeGeneratorResponse run(InputStream in) throws IOException {
    CountingInput input = new CountingInput(in);
    try {
      return run(CodeGeneratorRequest.parseFrom(input, Main.extensions()));
    } catch (InvalidProtocolBufferException e) {
      if (e.unwrapIOException() != e) {
        throw e.unwrapIOException();
      }
      input.drain();
      return response()
          .setError(
              "standard input is not a request of protoc (%d bytes); protoc starts this plugin itself, see --help: %s"
                  .formatted(input.count(), e.getMessage()))
          .build();
    } catch (OutOfMemoryError e) {
      input.drain();
      return response().setError(tooLarge(input.count())).build();
    }
  }

  /** Never throws for a user's mistake: protoc would lose the message. */
  static CodeGeneratorResponse run(CodeGeneratorRequest request) {
    CodeGeneratorResponse.Builder response = response();
    try {
      write(request, response);
    } catch (IllegalArgumentException e) {
      response.setError(Printable.of(String.valueOf(e.getMessage())));
    } catch (StackOverflowError e) {
      response.setError(
          "the contract nests its imports or types too deeply for the stack of a Java thread; raise"
              + " it with JAVA_TOOL_OPTIONS=-Xss16m");
    } catch (RuntimeException e) {
      response.setError(Printable.of(bug(e)));
    }
    if (response.hasError()) {
      response.clearFile();
    }
    return response.build();
  }

  private static CodeGeneratorResponse.Builder response() {
    // Stated on errors too, or protoc adds complaints about features of its own.
    return CodeGeneratorResponse.newBuilder()
        .setSupportedFeatures(
            Feature.FEATURE_PROTO3_OPTIONAL_VALUE | Feature.FEATURE_SUPPORTS_EDITIONS_VALUE)
        .setMinimumEdition(Edition.EDITION_PROTO2_VALUE)
        .setMaximumEdition(NEWEST_EDITION.getNumber());
  }

  private static String tooLarge(long bytes) {
    return String.format(
        Locale.ROOT,
        "the request of protoc has %.1f MB, and a heap of %d MB is too small for it; raise it with"
            + " JAVA_TOOL_OPTIONS=-Xmx2g, or generate fewer files at a time",
        bytes / 1e6,
        Runtime.getRuntime().maxMemory() >> 20);
  }

  /** One line, with the place that the report of a bug needs. */
  private static String bug(RuntimeException e) {
    StackTraceElement[] trace = e.getStackTrace();
    return "protoc-gen-fairlead %s cannot handle this request: %s%s; this is a bug, please report it with the contract"
        .formatted(CommandLine.version(), e, trace.length == 0 ? "" : " at " + trace[0]);
  }

  private static void write(CodeGeneratorRequest request, CodeGeneratorResponse.Builder response) {
    Parameters parameters = Parameters.parse(request.getParameter());
    Diagnostics diagnostics = new Diagnostics(parameters.java());
    Contract contract = Contract.read(new DescriptorPool(request), parameters.names(), diagnostics);
    if (diagnostics.isEmpty()) {
      write(contract, parameters, diagnostics, response);
    }
    if (!diagnostics.isEmpty()) {
      response.setError(diagnostics.report());
      return;
    }
    // protoc has no field for warnings; it passes this stream on.
    diagnostics.warnings().forEach(System.err::println);
  }

  private static void write(
      Contract contract,
      Parameters parameters,
      Diagnostics diagnostics,
      CodeGeneratorResponse.Builder response) {
    Map<String, String> configs = new HashMap<>();
    for (ServiceModel service : contract.services()) {
      ServiceFiles files = new ServiceFiles(service, contract.packages());
      if (parameters.java()) {
        try {
          files.java().forEach((name, text) -> response.addFile(file(name, text)));
        } catch (HiddenNameException e) {
          diagnostics.add(service.location(), e.getMessage());
        }
      }
      if (parameters.serviceConfig()) {
        String name = files.serviceConfigName();
        response.addFile(file(name, files.serviceConfig()));
        String other = configs.putIfAbsent(name.toLowerCase(Locale.ROOT), name);
        if (other != null) {
          diagnostics.warn(
              service.location(),
              "%s and %s are one file where letter case does not count, as on most disks of macOS and Windows; rename a service, or set the parameter service_config=false"
                  .formatted(other, name));
        }
      }
    }
  }

  private static File file(String name, String content) {
    return File.newBuilder().setName(name).setContent(content).build();
  }
}
