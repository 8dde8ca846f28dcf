package io.fairlead.codegen;

import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.JavaFeaturesProto;
import java.io.IOException;
import java.io.PrintStream;

/**
 * The entry point that protoc starts: a request on standard input, a response on standard output.
 */
public final class Main {
  private Main() {}

  /** Runs the plugin, or prints help for a person who started it by hand. */
  public static void main(String[] args) {
    PrintStream out = System.out;
    // Whatever else prints must not get into the response.
    System.setOut(System.err);
    if (args.length > 0) {
      System.exit(CommandLine.answer(args, out));
    }
    try {
      Generator.run(System.in).writeTo(out);
    } catch (IOException e) {
      fail("cannot read the request or write the response: " + e.getMessage());
    }
    if (out.checkError()) {
      fail("whoever started it does not read the response");
    }
  }

  private static void fail(String message) {
    System.err.println("protoc-gen-fairlead: " + message);
    System.exit(1);
  }

  /** Options of contracts stay unknown fields here: a number alone does not say whose they are. */
  static ExtensionRegistry extensions() {
    // These two classes need each other to initialise, and only this order works.
    DescriptorProtos.getDescriptor();
    ExtensionRegistry registry = ExtensionRegistry.newInstance();
    JavaFeaturesProto.registerAllExtensions(registry);
    return registry;
  }
}
