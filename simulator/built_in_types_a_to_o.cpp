#include "simulator/built_in_types.hpp"

namespace holystone::simulator {

const std::string_view built_in_types_a_to_o = R"(
AWSElasticBlockStoreVolumeSource volumeID=1:s fsType=2:s partition=3:i
  readOnly=4:b ;
Affinity nodeAffinity=1:NodeAffinity podAffinity=2:PodAffinity
  podAntiAffinity=3:PodAntiAffinity ;
AggregationRule clusterRoleSelectors=1:[LabelSelector] ;
AppArmorProfile type=1:s localhostProfile=2:s ;
AttachedVolume name=1:s devicePath=2:s ;
AzureDiskVolumeSource diskName=1:s diskURI=2:s cachingMode=3:s fsType=4:s
  readOnly=5:b kind=6:s ;
AzureFilePersistentVolumeSource secretName=1:s shareName=2:s readOnly=3:b
  secretNamespace=4:s ;
AzureFileVolumeSource secretName=1:s shareName=2:s readOnly=3:b ;
CSIPersistentVolumeSource driver=1:s volumeHandle=2:s readOnly=3:b fsType=4:s
  volumeAttributes=5:{s} controllerPublishSecretRef=6:SecretReference
  nodeStageSecretRef=7:SecretReference nodePublishSecretRef=8:SecretReference
  controllerExpandSecretRef=9:SecretReference
  nodeExpandSecretRef=10:SecretReference ;
CSIVolumeSource driver=1:s readOnly=2:b fsType=3:s volumeAttributes=4:{s}
  nodePublishSecretRef=5:LocalObjectReference ;
Capabilities add=1:[s] drop=2:[s] ;
CephFSPersistentVolumeSource monitors=1:[s] path=2:s user=3:s secretFile=4:s
  secretRef=5:SecretReference readOnly=6:b ;
CephFSVolumeSource monitors=1:[s] path=2:s user=3:s secretFile=4:s
  secretRef=5:LocalObjectReference readOnly=6:b ;
CinderPersistentVolumeSource volumeID=1:s fsType=2:s readOnly=3:b
  secretRef=4:SecretReference ;
CinderVolumeSource volumeID=1:s fsType=2:s readOnly=3:b
  secretRef=4:LocalObjectReference ;
ClusterRole metadata=1:ObjectMeta rules=2:[PolicyRule]
  aggregationRule=3:AggregationRule ;
ClusterRoleBinding metadata=1:ObjectMeta subjects=2:[Subject]
  roleRef=3:RoleRef ;
ClusterTrustBundleProjection name=1:s signerName=2:s
  labelSelector=3:LabelSelector optional=5:b path=4:s ;
ConfigMap metadata=1:ObjectMeta immutable=4:b data=2:{s} binaryData=3:{y} ;
ConfigMapEnvSource *=1:LocalObjectReference optional=2:b ;
ConfigMapKeySelector! *=1:LocalObjectReference key=2:s optional=3:b ;
ConfigMapNodeConfigSource namespace=1:s name=2:s uid=3:s resourceVersion=4:s
  kubeletConfigKey=5:s ;
ConfigMapProjection *=1:LocalObjectReference items=2:[KeyToPath] optional=4:b
  ;
ConfigMapVolumeSource *=1:LocalObjectReference items=2:[KeyToPath]
  defaultMode=3:i optional=4:b ;
Container name=1:s image=2:s command=3:[s] args=4:[s] workingDir=5:s
  ports=6:[ContainerPort]@containerPort,protocol~containerPort
  envFrom=19:[EnvFromSource] env=7:[EnvVar]@name~name
  resources=8:ResourceRequirements resizePolicy=23:[ContainerResizePolicy]
  restartPolicy=24:s restartPolicyRules=25:[ContainerRestartRule]
  volumeMounts=9:[VolumeMount]@mountPath~mountPath
  volumeDevices=21:[VolumeDevice]@devicePath~devicePath livenessProbe=10:Probe
  readinessProbe=11:Probe startupProbe=22:Probe lifecycle=12:Lifecycle
  terminationMessagePath=13:s terminationMessagePolicy=20:s
  imagePullPolicy=14:s securityContext=15:SecurityContext stdin=16:b
  stdinOnce=17:b tty=18:b ;
ContainerExtendedResourceRequest containerName=1:s resourceName=2:s
  requestName=3:s ;
ContainerImage names=1:[s] sizeBytes=2:i ;
ContainerPort name=1:s hostPort=2:i containerPort=3:i protocol=4:s hostIP=5:s
  ;
ContainerResizePolicy resourceName=1:s restartPolicy=2:s ;
ContainerRestartRule action=1:s exitCodes=2:ContainerRestartRuleOnExitCodes ;
ContainerRestartRuleOnExitCodes operator=1:s values=2:[i]# ;
ContainerState waiting=1:ContainerStateWaiting running=2:ContainerStateRunning
  terminated=3:ContainerStateTerminated ;
ContainerStateRunning startedAt=1:t ;
ContainerStateTerminated exitCode=1:i signal=2:i reason=3:s message=4:s
  startedAt=5:t finishedAt=6:t containerID=7:s ;
ContainerStateWaiting reason=1:s message=2:s ;
ContainerStatus name=1:s state=2:ContainerState lastState=3:ContainerState
  ready=4:b restartCount=5:i image=6:s imageID=7:s containerID=8:s started=9:b
  allocatedResources=10:{q} resources=11:ResourceRequirements
  volumeMounts=12:[VolumeMountStatus]@mountPath~mountPath
  user=13:ContainerUser allocatedResourcesStatus=14:[ResourceStatus]@name~name
  stopSignal=15:s ;
ContainerUser linux=1:LinuxContainerUser ;
CronJob metadata=1:ObjectMeta spec=2:CronJobSpec status=3:CronJobStatus ;
CronJobSpec schedule=1:s timeZone=8:s startingDeadlineSeconds=2:i
  concurrencyPolicy=3:s suspend=4:b jobTemplate=5:JobTemplateSpec
  successfulJobsHistoryLimit=6:i failedJobsHistoryLimit=7:i ;
CronJobStatus active=1:[ObjectReference] lastScheduleTime=4:t
  lastSuccessfulTime=5:t ;
DaemonEndpoint Port=1:i ;
DeleteOptions gracePeriodSeconds=1:i preconditions=2:Preconditions
  orphanDependents=3:b propagationPolicy=4:s dryRun=5:[s]
  ignoreStoreReadErrorWithClusterBreakingPotential=6:b ;
DownwardAPIProjection items=1:[DownwardAPIVolumeFile] ;
DownwardAPIVolumeFile path=1:s fieldRef=2:ObjectFieldSelector
  resourceFieldRef=3:ResourceFieldSelector mode=4:i ;
DownwardAPIVolumeSource items=1:[DownwardAPIVolumeFile] defaultMode=2:i ;
EmptyDirVolumeSource medium=1:s sizeLimit=2:q ;
EnvFromSource prefix=1:s configMapRef=2:ConfigMapEnvSource
  secretRef=3:SecretEnvSource ;
EnvVar name=1:s value=2:s valueFrom=3:EnvVarSource ;
EnvVarSource fieldRef=1:ObjectFieldSelector
  resourceFieldRef=2:ResourceFieldSelector
  configMapKeyRef=3:ConfigMapKeySelector secretKeyRef=4:SecretKeySelector
  fileKeyRef=5:FileKeySelector ;
EphemeralContainer *=1:EphemeralContainerCommon targetContainerName=2:s ;
EphemeralContainerCommon name=1:s image=2:s command=3:[s] args=4:[s]
  workingDir=5:s ports=6:[ContainerPort] envFrom=19:[EnvFromSource]
  env=7:[EnvVar] resources=8:ResourceRequirements
  resizePolicy=23:[ContainerResizePolicy] restartPolicy=24:s
  restartPolicyRules=25:[ContainerRestartRule] volumeMounts=9:[VolumeMount]
  volumeDevices=21:[VolumeDevice] livenessProbe=10:Probe
  readinessProbe=11:Probe startupProbe=22:Probe lifecycle=12:Lifecycle
  terminationMessagePath=13:s terminationMessagePolicy=20:s
  imagePullPolicy=14:s securityContext=15:SecurityContext stdin=16:b
  stdinOnce=17:b tty=18:b ;
EphemeralVolumeSource volumeClaimTemplate=1:PersistentVolumeClaimTemplate ;
Event metadata=1:ObjectMeta involvedObject=2:ObjectReference reason=3:s
  message=4:s source=5:EventSource firstTimestamp=6:t lastTimestamp=7:t
  count=8:i type=9:s eventTime=10:u series=11:EventSeries action=12:s
  related=13:ObjectReference reportingComponent=14:s reportingInstance=15:s ;
EventSeries count=1:i lastObservedTime=2:u ;
EventSource component=1:s host=2:s ;
ExecAction command=1:[s] ;
FCVolumeSource targetWWNs=1:[s] lun=2:i fsType=3:s readOnly=4:b wwids=5:[s] ;
FileKeySelector! volumeName=1:s path=2:s key=3:s optional=4:b ;
FlexPersistentVolumeSource driver=1:s fsType=2:s secretRef=3:SecretReference
  readOnly=4:b options=5:{s} ;
FlexVolumeSource driver=1:s fsType=2:s secretRef=3:LocalObjectReference
  readOnly=4:b options=5:{s} ;
FlockerVolumeSource datasetName=1:s datasetUUID=2:s ;
GCEPersistentDiskVolumeSource pdName=1:s fsType=2:s partition=3:i readOnly=4:b
  ;
GRPCAction port=1:i service=2:s ;
GitRepoVolumeSource repository=1:s revision=2:s directory=3:s ;
GlusterfsPersistentVolumeSource endpoints=1:s path=2:s readOnly=3:b
  endpointsNamespace=4:s ;
GlusterfsVolumeSource endpoints=1:s path=2:s readOnly=3:b ;
HTTPGetAction path=1:s port=2:x host=3:s scheme=4:s httpHeaders=5:[HTTPHeader]
  ;
HTTPHeader name=1:s value=2:s ;
HostAlias ip=1:s hostnames=2:[s] ;
HostIP ip=1:s ;
HostPathVolumeSource path=1:s type=2:s ;
ISCSIPersistentVolumeSource targetPortal=1:s iqn=2:s lun=3:i
  iscsiInterface=4:s fsType=5:s readOnly=6:b portals=7:[s]
  chapAuthDiscovery=8:b chapAuthSession=11:b secretRef=10:SecretReference
  initiatorName=12:s ;
ISCSIVolumeSource targetPortal=1:s iqn=2:s lun=3:i iscsiInterface=4:s
  fsType=5:s readOnly=6:b portals=7:[s] chapAuthDiscovery=8:b
  chapAuthSession=11:b secretRef=10:LocalObjectReference initiatorName=12:s ;
ImageVolumeSource reference=1:s pullPolicy=2:s ;
ImageVolumeStatus imageRef=1:s ;
Job metadata=1:ObjectMeta spec=2:JobSpec status=3:JobStatus ;
JobCondition type=1:s status=2:s lastProbeTime=3:t lastTransitionTime=4:t
  reason=5:s message=6:s ;
JobSpec parallelism=1:i completions=2:i activeDeadlineSeconds=3:i
  podFailurePolicy=11:PodFailurePolicy successPolicy=16:SuccessPolicy
  backoffLimit=7:i backoffLimitPerIndex=12:i maxFailedIndexes=13:i
  selector=4:LabelSelector manualSelector=5:b template=6:PodTemplateSpec
  ttlSecondsAfterFinished=8:i completionMode=9:s suspend=10:b
  podReplacementPolicy=14:s managedBy=15:s ;
JobStatus conditions=1:[JobCondition]~type startTime=2:t completionTime=3:t
  active=4:i succeeded=5:i failed=6:i terminating=11:i completedIndexes=7:s
  failedIndexes=10:s uncountedTerminatedPods=8:UncountedTerminatedPods
  ready=9:i ;
JobTemplateSpec metadata=1:ObjectMeta spec=2:JobSpec ;
KeyToPath key=1:s path=2:s mode=3:i ;
LabelSelector! matchLabels=1:{s} matchExpressions=2:[LabelSelectorRequirement]
  ;
LabelSelectorRequirement key=1:s operator=2:s values=3:[s] ;
Lease metadata=1:ObjectMeta spec=2:LeaseSpec ;
LeaseSpec holderIdentity=1:s leaseDurationSeconds=2:i acquireTime=3:u
  renewTime=4:u leaseTransitions=5:i strategy=6:s preferredHolder=7:s ;
Lifecycle postStart=1:LifecycleHandler preStop=2:LifecycleHandler
  stopSignal=3:s ;
LifecycleHandler exec=1:ExecAction httpGet=2:HTTPGetAction
  tcpSocket=3:TCPSocketAction sleep=4:SleepAction ;
LinuxContainerUser uid=1:i gid=2:i supplementalGroups=3:[i] ;
LocalObjectReference! name=1:s ;
LocalVolumeSource path=1:s fsType=2:s ;
ManagedFieldsEntry manager=1:s operation=2:s apiVersion=3:s time=4:t
  fieldsType=6:s fieldsV1=7:f subresource=8:s ;
ModifyVolumeStatus targetVolumeAttributesClassName=1:s status=2:s ;
NFSVolumeSource server=1:s path=2:s readOnly=3:b ;
Namespace metadata=1:ObjectMeta spec=2:NamespaceSpec status=3:NamespaceStatus
  ;
NamespaceCondition type=1:s status=2:s lastTransitionTime=4:t reason=5:s
  message=6:s ;
NamespaceSpec finalizers=1:[s] ;
NamespaceStatus phase=1:s conditions=2:[NamespaceCondition]@type~type ;
Node metadata=1:ObjectMeta spec=2:NodeSpec status=3:NodeStatus ;
NodeAddress type=1:s address=2:s ;
NodeAffinity requiredDuringSchedulingIgnoredDuringExecution=1:NodeSelector
  preferredDuringSchedulingIgnoredDuringExecution=2:[PreferredSchedulingTerm]
  ;
NodeAllocatableResourceClaimStatus resourceClaimName=1:s containers=2:[s]#
  resources=3:{q} ;
NodeCondition type=1:s status=2:s lastHeartbeatTime=3:t lastTransitionTime=4:t
  reason=5:s message=6:s ;
NodeConfigSource configMap=2:ConfigMapNodeConfigSource ;
NodeConfigStatus assigned=1:NodeConfigSource active=2:NodeConfigSource
  lastKnownGood=3:NodeConfigSource error=4:s ;
NodeDaemonEndpoints kubeletEndpoint=1:DaemonEndpoint ;
NodeFeatures supplementalGroupsPolicy=1:b ;
NodeRuntimeHandler name=1:s features=2:NodeRuntimeHandlerFeatures ;
NodeRuntimeHandlerFeatures recursiveReadOnlyMounts=1:b userNamespaces=2:b ;
NodeSelector! nodeSelectorTerms=1:[NodeSelectorTerm] ;
NodeSelectorRequirement key=1:s operator=2:s values=3:[s] ;
NodeSelectorTerm! matchExpressions=1:[NodeSelectorRequirement]
  matchFields=2:[NodeSelectorRequirement] ;
NodeSpec podCIDR=1:s podCIDRs=7:[s]#~ providerID=3:s unschedulable=4:b
  taints=5:[Taint] configSource=6:NodeConfigSource externalID=2:s ;
NodeStatus capacity=1:{q} allocatable=2:{q} phase=3:s
  conditions=4:[NodeCondition]@type~type addresses=5:[NodeAddress]@type~type
  daemonEndpoints=6:NodeDaemonEndpoints nodeInfo=7:NodeSystemInfo
  images=8:[ContainerImage] volumesInUse=9:[s]
  volumesAttached=10:[AttachedVolume] config=11:NodeConfigStatus
  runtimeHandlers=12:[NodeRuntimeHandler] features=13:NodeFeatures
  declaredFeatures=14:[s] ;
NodeSwapStatus capacity=1:i ;
NodeSystemInfo machineID=1:s systemUUID=2:s bootID=3:s kernelVersion=4:s
  osImage=5:s containerRuntimeVersion=6:s kubeletVersion=7:s
  kubeProxyVersion=8:s operatingSystem=9:s architecture=10:s
  swap=11:NodeSwapStatus ;
ObjectFieldSelector! apiVersion=1:s fieldPath=2:s ;
ObjectMeta name=1:s generateName=2:s namespace=3:s selfLink=4:s uid=5:s
  resourceVersion=6:s generation=7:i creationTimestamp=8:t
  deletionTimestamp=9:t deletionGracePeriodSeconds=10:i labels=11:{s}
  annotations=12:{s} ownerReferences=13:[OwnerReference]@uid~uid
  finalizers=14:[s]#~ managedFields=17:[ManagedFieldsEntry] ;
ObjectReference! kind=1:s namespace=2:s name=3:s uid=4:s apiVersion=5:s
  resourceVersion=6:s fieldPath=7:s ;
OwnerReference! apiVersion=5:s kind=1:s name=3:s uid=4:s controller=6:b
  blockOwnerDeletion=7:b ;
)";

} // namespace holystone::simulator
