package io.fairlead.codegen;

import com.google.protobuf.DescriptorProtos.Edition;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse.Feature;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse.File;
import io.fairlead.codegen.contract.Contract;
import io.fairlead.codegen.contract.DescriptorPool;
import io.fairlead.codegen.contract.Diagnostics;
import io.fairlead.codegen.emit.HiddenNameException;
import io.fairlead.codegen.emit.ServiceFiles;
import io.fairlead.codegen.model.ServiceModel;
import io.fairlead.codegen.names.JavaPackages;

/** One request, one response. */
final class Generator {
  /** The newest edition that the tests cover. */
  static final Edition NEWEST_EDITION = Edition.EDITION_2024;

  private Generator() {}

  /** Never throws for a user's mistake: protoc would lose the message. */
  static CodeGeneratorResponse run(CodeGeneratorRequest request) {
    // Stated on errors too, or protoc adds complaints about features of its own.
    CodeGeneratorResponse.Builder response =
        CodeGeneratorResponse.newBuilder()
            .setSupportedFeatures(
                Feature.FEATURE_PROTO3_OPTIONAL_VALUE | Feature.FEATURE_SUPPORTS_EDITIONS_VALUE)
            .setMinimumEdition(Edition.EDITION_PROTO2_VALUE)
            .setMaximumEdition(NEWEST_EDITION.getNumber());
    try {
      write(request, response);
    } catch (IllegalArgumentException e) {
      response.clearFile().setError(String.valueOf(e.getMessage()));
    }
    return response.build();
  }

  private static void write(CodeGeneratorRequest request, CodeGeneratorResponse.Builder response) {
    Parameters parameters = Parameters.parse(request.getParameter());
    Diagnostics diagnostics = new Diagnostics();
    Contract contract = Contract.read(new DescriptorPool(request), diagnostics);
    if (diagnostics.isEmpty()) {
      for (ServiceModel service : contract.services()) {
        try {
          write(service, contract.packages(), parameters, response);
        } catch (HiddenNameException e) {
          diagnostics.add(service.location(), e.getMessage());
        }
      }
    }
    if (!diagnostics.isEmpty()) {
      throw new IllegalArgumentException(diagnostics.report());
    }
    // protoc has no field for warnings; it passes this stream on.
    diagnostics.warnings().forEach(System.err::println);
  }

  private static void write(
      ServiceModel service,
      JavaPackages packages,
      Parameters parameters,
      CodeGeneratorResponse.Builder response) {
    ServiceFiles files = new ServiceFiles(service, packages);
    if (parameters.java()) {
      files.java().forEach((name, text) -> response.addFile(file(name, text)));
    }
    if (parameters.serviceConfig()) {
      response.addFile(file(files.serviceConfigName(), files.serviceConfig()));
    }
  }

  private static File file(String name, String content) {
    return File.newBuilder().setName(name).setContent(content).build();
  }
}
