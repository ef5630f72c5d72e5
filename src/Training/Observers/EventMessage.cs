using Google.Protobuf;
using static Google.Protobuf.WireFormat.WireType;

namespace Dalle2.Training.Observers;

/// <summary>
/// The protocol buffers <c>Event</c> and <c>Summary</c> that TensorBoard reads, by their field numbers (<c>tensorflow/core/util/event.proto</c>,
/// <c>framework/summary.proto</c>, <c>framework/tensor.proto</c>): a handful of fields, written without generated code.
/// </summary>
static class EventMessage
{
    const int StringType = 7, TensorClass = 2, Start = 1;

    /// <summary>The first event of each file.</summary>
    public static byte[] Version(DateTime time) => Event(time, 0, message => Text(message, 3, "brain.Event:2"));

    /// <summary>A session begins: what earlier files say of this step and those behind it does not count. TensorBoard passes over the first of a
    /// run's files.</summary>
    public static byte[] Session(DateTime time, long step) => Event(time, step, message =>
        Nested(message, 7, session => Number(session, 1, Start)));

    /// <summary>Figures of a step.</summary>
    public static byte[] Scalars(DateTime time, long step, IEnumerable<KeyValuePair<string, double>> values) =>
        Summary(time, step, summary =>
        {
            foreach ((string tag, double value) in values)
            {
                Nested(summary, 1, one =>
                {
                    Text(one, 1, tag);
                    one.WriteTag(2, Fixed32);
                    one.WriteFloat((float)value);
                });
            }
        });

    /// <summary>A picture.</summary>
    public static byte[] Picture(DateTime time, long step, string tag, int width, int height, byte[] png) =>
        Summary(time, step, summary => Nested(summary, 1, value =>
        {
            Text(value, 1, tag);
            Nested(value, 4, image =>
            {
                Number(image, 1, height);
                Number(image, 2, width);
                // RGB.
                Number(image, 3, 3);
                image.WriteTag(4, LengthDelimited);
                image.WriteBytes(ByteString.CopyFrom(png));
            });
        }));

    /// <summary>Text in Markdown.</summary>
    public static byte[] Text(DateTime time, long step, string tag, string markdown) =>
        Summary(time, step, summary => Nested(summary, 1, value =>
        {
            Text(value, 1, tag);
            Nested(value, 9, metadata =>
            {
                Nested(metadata, 1, plugin => Text(plugin, 1, "text"));
                Number(metadata, 4, TensorClass);
            });
            // One text: a tensor of no dimensions.
            Nested(value, 8, tensor =>
            {
                Number(tensor, 1, StringType);
                Nested(tensor, 2, _ => { });
                Text(tensor, 8, markdown);
            });
        }));

    static byte[] Summary(DateTime time, long step, Action<CodedOutputStream> write) =>
        Event(time, step, message => Nested(message, 5, write));

    static byte[] Event(DateTime time, long step, Action<CodedOutputStream> write) => Bytes(message =>
    {
        message.WriteTag(1, Fixed64);
        message.WriteDouble((time - DateTime.UnixEpoch).TotalSeconds);
        Number(message, 2, step);
        write(message);
    });

    static void Number(CodedOutputStream message, int field, long value)
    {
        message.WriteTag(field, Varint);
        message.WriteInt64(value);
    }

    static void Text(CodedOutputStream message, int field, string text)
    {
        message.WriteTag(field, LengthDelimited);
        message.WriteString(text);
    }

    static void Nested(CodedOutputStream message, int field, Action<CodedOutputStream> write)
    {
        message.WriteTag(field, LengthDelimited);
        message.WriteBytes(ByteString.CopyFrom(Bytes(write)));
    }

    static byte[] Bytes(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var message = new CodedOutputStream(bytes, leaveOpen: true))
            write(message);
        return bytes.ToArray();
    }
}
