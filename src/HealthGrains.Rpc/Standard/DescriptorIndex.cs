using Google.Protobuf.Reflection;

namespace HealthGrains.Rpc.Standard;

/// <summary>The proto files behind a set of services, with everything that they import, by file name and by symbol.</summary>
internal sealed class DescriptorIndex
{
    private readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);
    private readonly HashSet<string> _messages = new(StringComparer.Ordinal);

    public DescriptorIndex(IEnumerable<ServiceDescriptor> services)
    {
        foreach (ServiceDescriptor service in services)
            Add(service.File);
    }

    public FileDescriptor? File(string name) => _files.GetValueOrDefault(name);

    /// <param name="symbol">Full name of a service, method, message, field, enum or enum value.</param>
    public FileDescriptor? FileOf(string symbol) => _symbols.GetValueOrDefault(symbol.TrimStart('.'));

    public bool HasMessage(string name) => _messages.Contains(name.TrimStart('.'));

    private void Add(FileDescriptor file)
    {
        if (!_files.TryAdd(file.Name, file))
            return;
        foreach (FileDescriptor import in file.Dependencies)
            Add(import);
        foreach (ServiceDescriptor service in file.Services)
        {
            _symbols[service.FullName] = file;
            foreach (MethodDescriptor method in service.Methods)
                _symbols[method.FullName] = file;
        }
        foreach (MessageDescriptor message in file.MessageTypes)
            Add(message);
        foreach (EnumDescriptor type in file.EnumTypes)
            Add(type);
    }

    private void Add(MessageDescriptor message)
    {
        _symbols[message.FullName] = message.File;
        _messages.Add(message.FullName);
        foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
            _symbols[field.FullName] = message.File;
        foreach (MessageDescriptor nested in message.NestedTypes)
            Add(nested);
        foreach (EnumDescriptor type in message.EnumTypes)
            Add(type);
    }

    private void Add(EnumDescriptor type)
    {
        _symbols[type.FullName] = type.File;
        // An enum's values live beside it, not in it (protobuf's C++ scoping rules).
        string scope = type.FullName[..^type.Name.Length];
        foreach (EnumValueDescriptor value in type.Values)
            _symbols[scope + value.Name] = type.File;
    }
}
