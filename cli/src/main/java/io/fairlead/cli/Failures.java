package io.fairlead.cli;

import com.google.gson.JsonObject;
import io.fairlead.RpcException;
import io.grpc.Status;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;

/** Says on the error stream why a command failed, and chooses its exit code. */
final class Failures {
  private Failures() {}

  static int report(PrintStream err, Exception failure, boolean json) {
    if (failure instanceof CommandException command) {
      print(err, String.valueOf(command.getMessage()), command.exitCode(), json);
      return command.exitCode();
    }
    if (failure instanceof RpcException rpc) {
      int exit = ExitCode.of(rpc.code());
      print(err, rpc.code() + ": " + rpc.getMessage() + wayOut(rpc.code()), exit, json);
      return exit;
    }
    if (failure instanceof InterruptedException) {
      // The process ends by it; whoever runs a command in a thread of its own has to see it.
      Thread.currentThread().interrupt();
      return ExitCode.FAILED;
    }
    if (failure instanceof IllegalArgumentException) {
      // A target, a URL of a registry or a file that the library refuses: it names the way out.
      print(err, String.valueOf(failure.getMessage()), ExitCode.USAGE, json);
      return ExitCode.USAGE;
    }
    // A fault of this program: whoever reports it needs the stack.
    StringWriter stack = new StringWriter();
    failure.printStackTrace(new PrintWriter(stack, true));
    print(err, "this is a fault of the command: " + stack, ExitCode.FAILED, json);
    return ExitCode.FAILED;
  }

  private static String wayOut(Status.Code code) {
    return switch (code) {
      case UNAUTHENTICATED -> "; give --token-file, FAIRLEAD_TOKEN or a client certificate";
      case UNAVAILABLE -> "; \"fairlead doctor\" looks for the reason";
      default -> "";
    };
  }

  static void print(PrintStream err, String message, int exit, boolean json) {
    if (json) {
      JsonObject object = new JsonObject();
      object.addProperty("error", message);
      object.addProperty("exit", exit);
      err.println(object);
    } else {
      err.println("fairlead: " + message);
    }
  }
}
