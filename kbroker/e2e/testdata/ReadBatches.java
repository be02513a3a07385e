import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/** Prints what Apache Kafka's classes read from batches, one line of hex each, with all checksums checked. */
public class ReadBatches {
    public static void main(String[] args) throws Exception {
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            StringBuilder out = new StringBuilder();
            for (RecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(HexFormat.of().parseHex(line))).batches()) {
                batch.ensureValid();
                out.append(batch.magic()).append(' ').append(batch.compressionType()).append(' ').append(batch.lastOffset());
                for (Record record : batch) {
                    record.ensureValid();
                    out.append(" | ").append(record.offset()).append(' ').append(record.timestamp());
                    out.append(' ').append(text(record.key())).append(' ').append(text(record.value()));
                    for (Header header : record.headers()) {
                        out.append(' ').append(header.key()).append('=').append(Arrays.toString(header.value()));
                    }
                }
            }
            System.out.println(out);
        }
    }

    private static String text(ByteBuffer bytes) {
        if (bytes == null) {
            return "null";
        }
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return "'" + HexFormat.of().formatHex(copy) + "'";
    }
}
