package io.fairlead.gateway.internal.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.StringValue;
import com.google.protobuf.Timestamp;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import io.fairlead.bench.orders.Address;
import io.fairlead.bench.orders.Customer;
import io.fairlead.bench.orders.Item;
import io.fairlead.bench.orders.Order;
import io.fairlead.bench.orders.Orders;
import io.fairlead.bench.orders.Reservation;
import io.fairlead.bench.orders.State;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.curioswitch.common.protobuf.json.MessageMarshaller;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;

/**
 * A message from JSON, and to it: the gateway's codec beside protobuf's JsonFormat, and
 * protobuf-jackson, which Armeria uses. All of them read and write bytes, and messages of generated
 * classes. The last two compare tokenizers alone.
 */
@org.openjdk.jmh.annotations.State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class JsonBenchmark {
  @Param({"small", "nested", "large"})
  private String message = "small";

  private final JsonCodec codec = new JsonCodec(TypeRegistry.getEmptyTypeRegistry());
  private final JsonFormat.Parser parser = JsonFormat.parser();
  private final JsonFormat.Printer printer = JsonFormat.printer().omittingInsignificantWhitespace();
  private final JsonFactory jackson = new JsonFactory();
  private MessageMarshaller marshaller = marshaller(Reservation.getDefaultInstance());
  private Message value = Reservation.getDefaultInstance();
  private byte[] json = {};

  @Setup
  public void prepare() throws IOException {
    value =
        switch (message) {
          case "small" ->
              Reservation.newBuilder()
                  .setArticle("lantern-17")
                  .setQuantity(3)
                  .setCustomer(1_099_511_627_776L)
                  .setExpress(true)
                  .setState(State.STATE_OPEN)
                  .build();
          case "nested" -> order(1);
          default -> orders();
        };
    json = printer.print(value).getBytes(UTF_8);
    marshaller = marshaller(value);
    // A benchmark of a wrong answer says nothing.
    for (Message each :
        new Message[] {
          readFairlead(),
          readJsonFormat(),
          readProtobufJackson(),
          parse(writeFairlead()),
          parse(writeProtobufJackson())
        }) {
      if (!each.equals(value)) {
        throw new IllegalStateException("not the same message: " + each);
      }
    }
  }

  private static MessageMarshaller marshaller(Message type) {
    return MessageMarshaller.builder().omittingInsignificantWhitespace(true).register(type).build();
  }

  private static Orders orders() {
    Orders.Builder orders = Orders.newBuilder();
    for (int i = 0; i < 96; i++) {
      orders.addOrders(order(i));
    }
    return orders.build();
  }

  private static Order order(int number) {
    Order.Builder order =
        Order.newBuilder()
            .setId("order-" + (100_000 + number))
            .setPlaced(Timestamp.newBuilder().setSeconds(1_760_000_000L + number).setNanos(5_000))
            .setCustomer(
                Customer.newBuilder()
                    .setId(1_099_511_627_776L + number)
                    .setName("Zoë Müller-Lüdenscheidt")
                    .setEmail("zoe.mueller@example.com")
                    .setAddress(
                        Address.newBuilder()
                            .setStreet("Lange Straße " + number)
                            .setCity("Hamburg")
                            .setCountry("DE")
                            .setLatitude(53.5510846)
                            .setLongitude(9.9936819)))
            .setState(State.STATE_SHIPPED)
            .setShipsWithin(Duration.newBuilder().setSeconds(172_800))
            .setNote(StringValue.of("Please ring twice,\nand say \"hello\"."))
            .addPreviousOrders(99)
            .addPreviousOrders(1_234_567_890_123L)
            .setSignature(ByteString.copyFromUtf8("0123456789abcdef0123456789abcdef"));
    for (int i = 0; i < 4; i++) {
      order.addItems(
          Item.newBuilder()
              .setArticle("lantern-" + (number + i))
              .setQuantity(i + 1)
              .setPrice(19.95 + i)
              .setGift(i == 2)
              .putAttributes("colour", "dark green")
              .putAttributes("size", "XL"));
    }
    return order.build();
  }

  private Message parse(byte[] text) throws InvalidProtocolBufferException {
    Message.Builder builder = value.newBuilderForType();
    parser.merge(new String(text, UTF_8), builder);
    return builder.build();
  }

  @Benchmark
  public Message readFairlead() throws InvalidProtocolBufferException {
    return value.getParserForType().parseFrom(codec.read(value.getDescriptorForType(), json));
  }

  @Benchmark
  public Message readJsonFormat() throws InvalidProtocolBufferException {
    return parse(json);
  }

  @Benchmark
  public Message readProtobufJackson() throws IOException {
    Message.Builder builder = value.newBuilderForType();
    marshaller.mergeValue(json, builder);
    return builder.build();
  }

  @Benchmark
  public byte[] writeFairlead() {
    return codec.write(value.getDescriptorForType(), value.toByteArray());
  }

  @Benchmark
  public byte[] writeJsonFormat() throws InvalidProtocolBufferException {
    return printer.print(value).getBytes(UTF_8);
  }

  @Benchmark
  public byte[] writeProtobufJackson() throws IOException {
    return marshaller.writeValueAsBytes(value);
  }

  /** Every token, and where its text is: what a codec cannot do without. */
  @Benchmark
  public long tokensFairlead() {
    JsonText text = new JsonText(json);
    long read = tokens(text);
    text.end();
    return read;
  }

  private static long tokens(JsonText text) {
    long read = 1;
    switch (text.peek()) {
      case '{' -> {
        text.open('{');
        if (!text.isEmpty('}')) {
          do {
            text.name();
            read += text.to() - text.from();
            read += tokens(text);
          } while (text.more('}'));
        }
      }
      case '[' -> {
        text.open('[');
        if (!text.isEmpty(']')) {
          do {
            read += tokens(text);
          } while (text.more(']'));
        }
      }
      case '"' -> {
        text.string();
        read += text.to() - text.from();
      }
      case 't' -> text.literal(JsonText.TRUE);
      case 'f' -> text.literal(JsonText.FALSE);
      case 'n' -> text.literal(JsonText.NULL);
      default -> {
        text.number();
        read += text.to() - text.from();
      }
    }
    return read;
  }

  /** The same with jackson-core, with its texts as characters, so that no String is made. */
  @Benchmark
  public long tokensJacksonCore() throws IOException {
    long read = 0;
    try (JsonParser tokens = jackson.createParser(json)) {
      JsonToken token;
      while ((token = tokens.nextToken()) != null) {
        read++;
        if (token.isScalarValue() || token == JsonToken.FIELD_NAME) {
          read += tokens.getTextCharacters().length + tokens.getTextLength();
        }
      }
    }
    return read;
  }
}
