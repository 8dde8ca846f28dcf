package io.fairlead.codegen;

import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.JavaFeaturesProto;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import io.fairlead.options.OptionsProto;
import java.io.IOException;
import java.io.PrintStream;

/**
 * The entry point that protoc starts: a request on standard input, a response on standard output.
 */
public final class Main {
  private Main() {}

  /** Runs the plugin, or prints help for a person who started it by hand. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    // Whatever else prints must not get into the response.
    System.setOut(System.err);
    if (args.length > 0) {
      System.exit(CommandLine.answer(args, out));
    }
    CodeGeneratorRequest request =
        CodeGeneratorRequest.parseFrom(System.in.readAllBytes(), extensions());
    Generator.run(request).writeTo(out);
    out.flush();
    if (out.checkError()) {
      throw new IOException("the reader of the response went away");
    }
  }

  /** Without it our options would be unknown fields. */
  static ExtensionRegistry extensions() {
    ExtensionRegistry registry = ExtensionRegistry.newInstance();
    OptionsProto.registerAllExtensions(registry);
    JavaFeaturesProto.registerAllExtensions(registry);
    return registry;
  }
}
