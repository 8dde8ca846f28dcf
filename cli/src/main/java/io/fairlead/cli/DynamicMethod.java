package io.fairlead.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonIOException;
import com.google.gson.JsonParseException;
import com.google.gson.JsonStreamParser;
import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import com.google.protobuf.Descriptors;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.ErrorDetailsProto;
import com.google.rpc.StatusProto;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.grpc.protobuf.ProtoUtils;
import java.io.EOFException;
import java.io.Reader;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A method of which only the contract is known, with messages in JSON. */
final class DynamicMethod {
  private static final Pattern UNKNOWN_FIELD =
      Pattern.compile("Cannot find field: (\\S+) in message (\\S+)");

  private final Descriptors.MethodDescriptor schema;
  private final MethodDescriptor<DynamicMessage, DynamicMessage> method;
  private final JsonFormat.TypeRegistry types;
  private final JsonFormat.Printer printer;

  DynamicMethod(Descriptors.MethodDescriptor schema, Collection<ServiceDescriptor> services) {
    this.schema = schema;
    this.method = method(schema);
    JsonFormat.TypeRegistry.Builder known = JsonFormat.TypeRegistry.newBuilder();
    Set<FileDescriptor> seen = new HashSet<>();
    services.forEach(each -> addTypes(each.getFile(), seen, known));
    // What failures carry, whether or not the contract knows it.
    addTypes(ErrorDetailsProto.getDescriptor(), seen, known);
    addTypes(StatusProto.getDescriptor(), seen, known);
    this.types = known.build();
    this.printer = JsonFormat.printer().usingTypeRegistry(types);
  }

  private static void addTypes(
      FileDescriptor file, Set<FileDescriptor> seen, JsonFormat.TypeRegistry.Builder known) {
    if (seen.add(file)) {
      known.add(file.getMessageTypes());
      file.getDependencies().forEach(each -> addTypes(each, seen, known));
    }
  }

  private static MethodDescriptor<DynamicMessage, DynamicMessage> method(
      Descriptors.MethodDescriptor schema) {
    IdempotencyLevel level = schema.getOptions().getIdempotencyLevel();
    return MethodDescriptor.newBuilder(
            ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(schema.getInputType())),
            ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(schema.getOutputType())))
        .setType(type(schema))
        .setFullMethodName(
            MethodDescriptor.generateFullMethodName(
                schema.getService().getFullName(), schema.getName()))
        .setIdempotent(level != IdempotencyLevel.IDEMPOTENCY_UNKNOWN)
        .setSafe(level == IdempotencyLevel.NO_SIDE_EFFECTS)
        .setSchemaDescriptor(new Schema(schema))
        .build();
  }

  private static MethodType type(Descriptors.MethodDescriptor schema) {
    if (schema.isClientStreaming()) {
      return schema.isServerStreaming() ? MethodType.BIDI_STREAMING : MethodType.CLIENT_STREAMING;
    }
    return schema.isServerStreaming() ? MethodType.SERVER_STREAMING : MethodType.UNARY;
  }

  /** Shows the contract to the channel, which reads its policies there. */
  private record Schema(Descriptors.MethodDescriptor method)
      implements ProtoMethodDescriptorSupplier {
    @Override
    public Descriptors.MethodDescriptor getMethodDescriptor() {
      return method;
    }

    @Override
    public ServiceDescriptor getServiceDescriptor() {
      return method.getService();
    }

    @Override
    public FileDescriptor getFileDescriptor() {
      return method.getFile();
    }
  }

  String fullName() {
    return method.getFullMethodName();
  }

  /** Returns a message as JSON, in one line or for people to read. */
  String text(DynamicMessage message, boolean pretty) {
    try {
      JsonFormat.Printer chosen = pretty ? printer : printer.omittingInsignificantWhitespace();
      return chosen.print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new CommandException(
          ExitCode.FAILED,
          "the response has an Any of a type that its contract does not have: " + e.getMessage());
    }
  }

  /**
   * Makes one call. Requests are read while responses arrive, so that a person can talk to a stream
   * of both directions.
   *
   * @param input requests in JSON, one after the other
   * @param output gets each response, on this thread
   */
  CallResult call(
      Channel channel, CallOptions options, Reader input, Consumer<DynamicMessage> output)
      throws InterruptedException {
    Requests requests = new Requests(input);
    if (!schema.isClientStreaming()) {
      // Read before the call begins: a mistake in it costs no call.
      requests.readOnlyOne();
    }
    ClientCall<DynamicMessage, DynamicMessage> call = channel.newCall(method, options);
    Conversation conversation = new Conversation(call);
    call.start(conversation, new Metadata());
    call.request(1);
    Thread sender = new Thread(() -> conversation.send(requests), "fairlead-cli-requests");
    sender.setDaemon(true); // it may wait for a person who types
    sender.start();
    return conversation.awaitEnd(output);
  }

  /** The requests, in the order of the input. Used by one thread at a time. */
  private final class Requests {
    private final JsonStreamParser parser;
    private @Nullable DynamicMessage only;
    private boolean single;
    private int number;

    Requests(Reader input) {
      this.parser = new JsonStreamParser(input);
    }

    void readOnlyOne() {
      single = true;
      DynamicMessage first = parse();
      only = first == null ? DynamicMessage.getDefaultInstance(schema.getInputType()) : first;
      if (first != null && parse() != null) {
        throw new CommandException(
            ExitCode.USAGE, fullName() + " takes one request, and the input has more");
      }
    }

    /** Returns the next one, or null at the end. */
    @Nullable DynamicMessage next() {
      if (!single) {
        return parse();
      }
      DynamicMessage message = only;
      only = null;
      return message;
    }

    private @Nullable DynamicMessage parse() {
      JsonElement element;
      try {
        if (!parser.hasNext()) {
          return null;
        }
        element = parser.next();
      } catch (JsonIOException e) {
        if (e.getCause() instanceof EOFException) {
          return null; // nothing at all was given
        }
        throw new CommandException(ExitCode.USAGE, "the requests cannot be read: " + e.getCause());
      } catch (JsonParseException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        throw new CommandException(
            ExitCode.USAGE, "request " + (number + 1) + " is not JSON: " + cause.getMessage());
      }
      number++;
      DynamicMessage.Builder message = DynamicMessage.newBuilder(schema.getInputType());
      try {
        JsonFormat.parser().usingTypeRegistry(types).merge(element.toString(), message);
      } catch (InvalidProtocolBufferException e) {
        throw new CommandException(
            ExitCode.USAGE,
            "request "
                + number
                + " is not a "
                + schema.getInputType().getFullName()
                + ": "
                + e.getMessage()
                + suggestion(String.valueOf(e.getMessage())));
      }
      return message.build();
    }

    private String suggestion(String message) {
      Matcher unknown = UNKNOWN_FIELD.matcher(message);
      if (!unknown.find()) {
        return "";
      }
      Descriptor type = types.find(unknown.group(2));
      Set<String> fields = new TreeSet<>();
      if (type != null) {
        type.getFields().stream().map(FieldDescriptor::getJsonName).forEach(fields::add);
      }
      return Suggestions.forName(unknown.group(1), fields);
    }
  }

  /**
   * One call. Its listener's callbacks come one at a time and only fill the queue, which the
   * command's thread empties; one further thread sends.
   */
  private final class Conversation extends ClientCall.Listener<DynamicMessage> {
    private final ClientCall<DynamicMessage, DynamicMessage> call;
    private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
    private final Semaphore ready = new Semaphore(0);
    private volatile boolean closed;
    private int responses;

    /** The end of the call, behind its last response. */
    private record End(Status status, Metadata trailers) {}

    Conversation(ClientCall<DynamicMessage, DynamicMessage> call) {
      this.call = call;
    }

    void send(Requests requests) {
      try {
        DynamicMessage next = requests.next();
        while (next != null && !closed) {
          while (!call.isReady() && !closed) {
            ready.acquire();
          }
          call.sendMessage(next);
          next = requests.next();
        }
        call.halfClose();
      } catch (CommandException e) {
        events.add(e);
        call.cancel("the requests cannot be read", null);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (IllegalStateException e) {
        // The call ended meanwhile: its end says why.
        ready.drainPermits();
      }
    }

    CallResult awaitEnd(Consumer<DynamicMessage> output) throws InterruptedException {
      try {
        while (true) {
          Object event = events.take();
          if (event instanceof CommandException failure) {
            throw failure;
          }
          if (event instanceof End end) {
            return new CallResult(fullName(), end.status(), end.trailers(), responses, printer);
          }
          if (event instanceof DynamicMessage message) {
            responses++;
            output.accept(message);
            call.request(1);
          }
        }
      } catch (InterruptedException | RuntimeException e) {
        call.cancel("the command ends", e);
        throw e;
      }
    }

    @Override
    public void onMessage(DynamicMessage message) {
      events.add(message);
    }

    @Override
    public void onReady() {
      ready.release();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      closed = true;
      ready.release();
      events.add(new End(status, trailers));
    }
  }
}
