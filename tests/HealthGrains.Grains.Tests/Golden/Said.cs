using System.Collections;
using System.Globalization;
using System.Text;

namespace HealthGrains.Grains.Tests.Golden;

/// <summary>Everything that a value says, field by field, as text: lists are compared by what is in them.</summary>
internal static class Said
{
    public static string By(object? value)
    {
        var text = new StringBuilder();
        Say(text, value, "");
        return text.ToString();
    }

    private static void Say(StringBuilder text, object? value, string path)
    {
        switch (value)
        {
            case null:
                text.AppendLine($"{path} is absent");
                break;
            case string or bool or int or long or Enum or Guid:
                text.AppendLine(CultureInfo.InvariantCulture, $"{path} = {value}");
                break;
            case DateTimeOffset time:
                text.AppendLine(CultureInfo.InvariantCulture, $"{path} = {time.UtcTicks}");
                break;
            case IEnumerable list:
                var index = 0;
                foreach (var item in list)
                    Say(text, item, $"{path}[{index++}]");
                text.AppendLine(CultureInfo.InvariantCulture, $"{path} has {index}");
                break;
            case HealthGrains.Domain.Documents.UploadId upload:
                text.AppendLine($"{path} = {upload}");
                break;
            case var identity when identity.GetType().Namespace == "HealthGrains.Domain.Identity":
                text.AppendLine($"{path} = {identity}");
                break;
            default:
                foreach (var property in value.GetType().GetProperties().Where(p => p.GetIndexParameters().Length == 0))
                    Say(text, property.GetValue(value), $"{path}.{property.Name}");
                break;
        }
    }
}
